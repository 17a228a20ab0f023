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


async def whole_body(receive: Any, most: int) -> tuple[bytes | None, Any]:
    """Read a body of at most so many bytes; return it, and a `receive` that gives it once more.

    The body is None where it is longer, or where the client went away while sending it.
    """
    messages: list[MutableMapping[str, Any]] = []
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return None, _again(messages, receive)
        part = message.get("body", b"")
        size += len(part)
        parts.append(part)
        if size > most:
            return None, _again(messages, receive)
        if not message.get("more_body"):
            return b"".join(parts), _again(messages, receive)


def _again(messages: list[MutableMapping[str, Any]], receive: Any) -> Any:
    left = iter(messages)

    async def again() -> MutableMapping[str, Any]:
        for message in left:
            return message
        return await receive()  # type: ignore[no-any-return]

    return again
