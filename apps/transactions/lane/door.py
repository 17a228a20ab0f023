"""The door of single transfers that come straight off the wire.

It does what PostingLane does for them, without a task, a scope and two messages each way: the same
reading, the same groups, the same answers.
"""

from functools import partial
from typing import Any, Final

import msgspec

from apps.transactions.lane.answers import ALLOW
from apps.transactions.lane.asked import SINGLE, Asked, is_usual, read
from apps.transactions.lane.work import Job
from vortex.http.quick.groups import Group
from vortex.http.quick.replying import Place, Reply, Waiting, reply, waiting
from vortex.http.quick.usual import Fields, is_here, is_secure
from vortex.http.quick.wire import Taker, WireProtocol
from vortex.outbox.publishing import headers_in
from vortex.telemetry import tracing

_LINE: Final = "POST {path} HTTP/1.1"


class _OffTheWire(msgspec.Struct, frozen=True):
    """A job that knows where its answer goes; the group sees the three fields of a Job."""

    asked: Asked
    path: str
    headers: str
    waiting: Waiting


class Door:
    """Takes what `read` understands and leaves the rest; see vortex.http.quick.wire.Quick."""

    def __init__(self, group: Group[Job, Reply]) -> None:
        self._group: Group[Any, Reply] = group
        places = [Place("POST", path, ALLOW) for path in SINGLE]
        self._takers: dict[bytes, Taker] = {
            _LINE.format(path=place.route).encode(): partial(self._take, place) for place in places
        }

    def taker(self, line: bytes, /) -> Taker | None:
        """Return who takes a transfer of this line."""
        return self._takers.get(line)

    def _take(self, place: Place, wire: WireProtocol, fields: Fields, body: bytes, /) -> bool:
        """Take a transfer that is written as usual, while nobody wants to see it traced."""
        path = place.route
        secure = is_secure(wire.scheme or "", fields)
        if (
            tracing.is_enabled()
            or not is_here("transactions", fields)
            or not is_usual(path, fields, secure=secure)
        ):
            return False
        asked = read(path, fields, body)
        if asked is None:
            return False
        one = waiting(wire, place, path, fields, asked.token.principal, secure=secure)
        return self._group.take(_OffTheWire(asked, path, headers_in(one.current), one), _answer)


def _answer(job: _OffTheWire, answer: Reply | None) -> None:
    reply(job.waiting, answer)
