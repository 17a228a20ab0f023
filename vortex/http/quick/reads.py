"""The door of reads that are asked at rate: a context says which, and answers many together.

A read is a question of somebody who is signed in about what is theirs. It has no effect, so
whatever goes wrong on the way is handed to Django, which asks again and has the words for it.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connections

from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.http.quick.admission import admit
from vortex.http.quick.groups import Group
from vortex.http.quick.lines import SCOPE
from vortex.http.quick.replying import Place, Reply, Waiting, reply, waiting
from vortex.http.quick.usual import Fields, bearer, is_here, is_secure, is_usual
from vortex.http.quick.wire import Taker, WireProtocol
from vortex.http.throttles import Spent
from vortex.idempotency import Answer
from vortex.identity.tokens import Verified
from vortex.telemetry import context, tracing

_VERSIONS: Final = ("/api/", "/api/v1/")
_LINE: Final = re.compile(
    rb"GET (/api/(?:v1/)?)([A-Za-z0-9/_-]+)(?:\?([A-Za-z0-9_.:&=-]*))? HTTP/1\.1"
)
_DEADLINE_MS: Final = 10_000
_LONGEST_MS: Final = 500

ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # as Django's addresses have it

Query = dict[str, str]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A read that a context answers off the wire.

    `path` is what its address matches, after `/api/` and perhaps `v1/`; `route` is the same as
    Django writes it. `wanted` says what is asked, from the match and the query, or raises
    ValueError (or refuses) where the API has to look at it. `answer` answers so many at once, each
    by the id of who asks and what is wanted, with the body, the refusal, or None for the API: what
    takes PostgreSQL longer than half a second is stopped, since others wait behind it.
    """

    context: str
    path: re.Pattern[str]
    route: str
    allow: str
    wanted: Callable[[re.Match[str], Query], Any]
    answer: Callable[[Sequence[tuple[UUID, Any]]], Sequence[bytes | Refusal | None]]
    at_once: int


class _Job(msgspec.Struct, frozen=True):
    token: Verified
    wanted: Any
    waiting: Waiting


class Reads:
    """Takes these reads, where they are asked as usual and nobody wants to see them traced."""

    def __init__(self, *reads: Read) -> None:
        self._desks = [_Desk(read) for read in reads]

    def close(self) -> None:
        """Answer who waits, and give the connections back."""
        for desk in self._desks:
            desk.group.close()

    def taker(self, line: bytes, /) -> Taker | None:
        """Return who takes a request of this line."""
        said = _LINE.fullmatch(line)
        if said is None:
            return None
        version, rest = said[1].decode(), said[2].decode()
        for desk in self._desks:
            found = desk.read.path.fullmatch(rest)
            if found is not None:
                query = (said[3] or b"").decode()
                return partial(desk.take, desk.places[version], _Line(version, rest, found, query))
        return None


class _Line(msgspec.Struct, frozen=True):
    version: str
    rest: str
    found: re.Match[str]
    query: str


class _Desk:
    """One read, the places where it is asked, and those who wait for it."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.places = {
            version: Place("GET", f"{version}{read.route}", read.allow) for version in _VERSIONS
        }
        self.group: Group[_Job, Reply] = Group(
            partial(_answer, read),
            connections.close_all,
            name=f"reads-{read.context}",
            at_once=read.at_once,
        )

    def take(
        self, place: Place, line: _Line, wire: WireProtocol, fields: Fields, body: bytes, /
    ) -> bool:
        """Take a request, or leave it."""
        secure = is_secure(wire.scheme or "", fields)
        if (
            body
            or tracing.is_enabled()
            or not is_here(self.read.context, fields)
            or not is_usual(fields, secure=secure)
        ):
            return False
        token = bearer(fields)
        if token is None:
            return False
        try:
            wanted = self.read.wanted(line.found, _query(line.query))
        except (Refusal, ValueError):
            return False
        path = f"{line.version}{line.rest}"
        one = waiting(wire, place, path, fields, token.principal, secure=secure)
        return self.group.take(_Job(token, wanted, one), _reply)


def _reply(job: _Job, answer: Reply | None) -> None:
    reply(job.waiting, answer)


def _query(said: str) -> Query:
    """Return a query in which each name stands once, with a value."""
    pairs = [part.partition("=") for part in said.split("&")] if said else []
    query = {name: value for name, _, value in pairs}
    if len(query) != len(pairs) or not all(name and value for name, _, value in pairs):
        raise ValueError("for the API to read")
    return query


def _answer(read: Read, jobs: Sequence[_Job]) -> list[Reply | None]:
    """Answer those who are let in; the others are told by the API why they are not."""
    admitted = admit(SCOPE, [job.token for job in jobs])
    let_in = [(job, spent) for job, spent in zip(jobs, admitted, strict=True) if spent is not None]
    asked = [(job.token.principal.user_id, job.wanted) for job, _ in let_in]
    try:
        _hurry(read.context)
        with context.use(deadline=context.deadline_in(_DEADLINE_MS)):
            said = iter(read.answer(asked) if asked else ())
    except Exception:
        connections.close_all()  # one that is broken is not used again
        raise
    return [None if spent is None else _reply_of(next(said), spent) for spent in admitted]


def _reply_of(said: bytes | Refusal | None, spent: Spent) -> Reply | None:
    if said is None:
        return None
    return Reply(said if isinstance(said, Refusal) else Answer(200, {}, said), spent)


def _hurry(name: str) -> None:
    """Let no question of this thread's connection take long."""
    connection = connections[alias_of(name)]
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(f"set statement_timeout = {_LONGEST_MS}")
