"""Which requests are put aside to be replayed on a stand-by, and what is kept of them.

Of a shadowed context's writes those of a share of the people, by the number that everything else
goes by. What proves who somebody is never leaves this process: a request or an answer that carries
a credential is left out, and so is what is no JSON, or too long. Requests that are put aside pass
the lanes that serve many at once: what one did must be told from what the others did.
"""

import re
from collections.abc import MutableMapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

import msgspec

from vortex.clock import now
from vortex.errors import Refusal
from vortex.http.headers import HOPS, IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from vortex.http.middleware import request_id_from, traceparent_from
from vortex.http.sharing import READS, person_behind
from vortex.identity.tokens import verify_signature
from vortex.telemetry import get_logger
from vortex.telemetry.redaction import holds_credentials, names_credentials
from vortex.topology import Route
from vortex.topology.rehearsed import Answered, Asked, Desk, Seen
from vortex.topology.share import share_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]

ALONE: Final = "vortex.alone"  # in the scope of a request that no lane is to take
MOST_BYTES: Final = 64 * 1024
_NOT_KEPT: Final = frozenset((b"authorization", b"x-forwarded-for", HOPS.lower().encode()))
_WHO: Final = frozenset((b"authorization",))
_ID: Final = re.compile(
    r"(?<=/)(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+)(?=/|$)"
)
# Of the moment, of the caller or of us: they say nothing about what the code does.
_SAYS_NOTHING: Final = frozenset((401, 408, 429))
_OF_THE_MOMENT: Final = "request_in_progress"
_LONG, _SECRET, _NO_JSON = "it is too long", "it carries a credential", "it is no JSON"

log = get_logger("http.rehearsed")


class Witness:
    """Sees one request through: what it asks of others meanwhile, and how it is answered."""

    def __init__(self, desk: Desk, context: str, scope: Scope, body: bytes) -> None:
        headers = dict(scope["headers"])
        self._desk, self._context, self._body = desk, context, body
        self._request_id = request_id_from(headers.get(b"x-request-id", b"").decode("latin-1"))
        self._trace = traceparent_from(headers.get(b"traceparent", b"").decode("latin-1"))
        named = {b"x-request-id": self._request_id, b"traceparent": self._trace}
        kept = [pair for pair in scope["headers"] if pair[0] not in named]
        kept += [(name, value.encode("latin-1")) for name, value in named.items()]
        self.scope: Scope = {**scope, "headers": kept, ALONE: True}
        self._status, self._headers, self._said = 0, dict[bytes, bytes](), bytearray()
        self._began_at: datetime | None = None
        self._watched: Any = None
        self._stack = ExitStack()

    def __enter__(self) -> "Witness":
        self._began_at = now()
        self._watched = self._stack.enter_context(self._desk.watched(self._context))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def watching(self, send: Any) -> Any:
        """Return a `send` that keeps what passes through it, as far as it is kept at all."""

        async def passing(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                self._headers = {k.lower(): v for k, v in message.get("headers", ())}
            elif len(self._said) <= MOST_BYTES:
                self._said += message.get("body", b"")
            await send(message)

        return passing

    def put_aside(self) -> None:
        """Put the request aside; whoever sent it has their answer, whatever becomes of that."""
        try:
            self._put_aside()
        except Exception:
            log.exception("http.rehearsed.not_put_aside")

    def _put_aside(self) -> None:
        """Put the request aside, unless its answer says nothing or may not be kept."""
        if self._status >= 500 or self._status in _SAYS_NOTHING or self._is_repeated():
            return
        why, said = _judged(bytes(self._said))
        if isinstance(said, dict) and said.get("code") == _OF_THE_MOMENT:
            return
        if why:
            self._desk.leave_out(self._context, f"{why} (the answer)")
            return
        try:
            actor = verify_signature(_token(self.scope)).principal
        except Refusal:
            return
        seen = Seen(
            operation=_operation(self.scope),
            key=dict(self.scope["headers"]).get(_KEY, b"").decode("latin-1"),
            asked=_asked(self.scope, self._body),
            answered=Answered(
                self._status, said, self._headers.get(b"location", b"").decode("latin-1")
            ),
            began_at=self._began_at or now(),
            request_id=self._request_id,
            traceparent=self._trace,
            actor=actor,
        )
        self._desk.put(self._context, seen, self._watched)

    def _is_repeated(self) -> bool:
        return IDEMPOTENCY_REPLAYED.lower().encode() in self._headers


_KEY: Final = IDEMPOTENCY_KEY.lower().encode()


def witness(
    desk: Desk | None, route: Route, context: str, scope: Scope, body: bytes
) -> Witness | None:
    """Return who is to see a request through, None where it is not to be put aside."""
    if desk is None or route.mode != "shadow" or not route.percent or not _is_write(scope):
        return None
    who = person_behind(scope)
    if who is None or share_of(context, who) >= route.percent:
        return None
    why = _left_out(scope, body)
    if why:
        desk.leave_out(context, why)
        return None
    return Witness(desk, context, scope, body)


def _is_write(scope: Scope) -> bool:
    method, path = scope["method"], scope["path"]
    return method not in READS and method != "OPTIONS" and path.startswith("/api/")


def _left_out(scope: Scope, body: bytes) -> str:
    names = {name for name, _ in scope["headers"]} - _WHO
    if any(names_credentials(name.decode("latin-1")) for name in names):
        return _SECRET
    return _judged(body)[0]


def _judged(body: bytes) -> tuple[str, Any]:
    """Return why a body is left out, "" where it is not, and what it says."""
    if len(body) > MOST_BYTES:
        return _LONG, None
    try:
        said = msgspec.json.decode(body) if body else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _NO_JSON, None
    return (_SECRET if holds_credentials(said) else ""), said


def _asked(scope: Scope, body: bytes) -> Asked:
    kept = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in scope["headers"]
        if name not in _NOT_KEPT
    ]
    query = scope.get("query_string", b"").decode("latin-1")
    target = scope["path"] + ("?" + query if query else "")
    return Asked(scope["method"], target, kept, body, (scope.get("client") or ("",))[0])


def _operation(scope: Scope) -> str:
    return f"{scope['method']} {_ID.sub('*', scope['path'])}"


def _token(scope: Scope) -> str:
    sent: bytes = dict(scope["headers"]).get(b"authorization", b"")
    return sent.partition(b" ")[2].decode("latin-1")
