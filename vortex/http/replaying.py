"""Answering a request once more, in a transaction that is rolled back, without a web server.

Who sent it is taken from the original, which has verified it; nothing is spent of their limits.
What the server puts around every answer (headers, a line in the log) is left out: the view alone is
asked, and its refusals are said as ever.
"""

import io
from typing import Any, Final

import msgspec
from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve

from vortex.contracts import Principal
from vortex.topology.rehearsed import Answered, Asked

SPENDS_NOTHING: Final = "vortex_spends_nothing"


def answer(asked: Asked, actor: Principal) -> Answered:
    """Return the answer to a request of somebody. What the view raises comes through."""
    request = WSGIRequest(_environ(asked))
    request._force_auth_user = actor  # type: ignore[attr-defined] # noqa: SLF001 - DRF's own
    setattr(request, SPENDS_NOTHING, True)
    match = request.resolver_match = resolve(request.path_info)
    response: Any = match.func(request, *match.args, **match.kwargs)
    if hasattr(response, "render"):
        response.render()
    body = msgspec.json.decode(response.content) if response.content else None
    return Answered(response.status_code, body, response.get("Location", ""))


def _environ(asked: Asked) -> dict[str, Any]:
    path, _, query = asked.target.partition("?")
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers}
    return {
        **named,
        "REQUEST_METHOD": asked.method,
        # As WSGI has it: the octets of the path, each as a character.
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": named.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(asked.body)),
        "REMOTE_ADDR": asked.address,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
    }
