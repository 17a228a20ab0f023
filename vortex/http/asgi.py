"""What the ASGI server lets in before Django sees it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Application = Callable[..., Awaitable[None]]  # ASGI's (scope, receive, send)


class HonestHeaders:
    """Drops headers whose name has an underscore.

    WSGI spells `X-Forwarded-For` and `X_Forwarded_For` alike, and the second passes proxies that
    watch over the first: whoever could send it would choose their own address.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Pass the connection on."""
        if "headers" in scope:
            honest = [(name, value) for name, value in scope["headers"] if b"_" not in name]
            scope = {**scope, "headers": honest}
        await self._application(scope, receive, send)
