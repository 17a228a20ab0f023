"""Replaying, on a service that merely follows, the writes that the monolith has executed.

Replication brings the effects of every command to the service's database, where a trigger notes
each row with what it was before. So a command can be replayed at the instant before it happened:
in one transaction the rows are put back, the service's own code runs, what it wrote is read, and
everything is rolled back. Both sides of the comparison were noted by the same trigger.

A command is told among all that replication brings by its key, which every command stores beside
its effect, and by the id of its request; a request over HTTP by either. Where it cannot be told, it
is not comparable, and counted as that.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import msgspec
import redis

from extraction import effects, links, noting
from extraction.database import rows, value
from extraction.effects import Noise
from extraction.failures import NotNow
from extraction.moving import Move
from extraction.noting import SCHEMA
from extraction.replaying import Replayer
from extraction.sharing import cache_of, counted, require_following
from extraction.topology import share
from vortex.binding.rehearsal import Entry, key_of, queue_of
from vortex.binding.replay import Order
from vortex.db.rehearsing import Change
from vortex.topology.routes import Route

SAME, DIFFERS, INCOMPARABLE = "same", "differs", "incomparable"
_AT_ONCE = 1  # that wait for one marker: others would grow old meanwhile
_NEWEST = 64  # that may wait: the older one is, the more has to be undone before its replay
_BEHIND_SECONDS = 5.0
_MOST_UNDONE = 5_000
_MOST_CANDIDATES = 4
_TRIES = 3
_BUSY = "busy"
_BEFORE_SECONDS = 2.0  # by which clocks may differ
_PLACES = 10
_KEPT = "20 seconds"

# What the relay and the consumers do afterwards carries the same key and the same request.
_MOVED_ON = (
    "(root in ('outbox_archive', 'outbox_parked') or root = 'outbox_message' and op = 'delete')"
)
_NOTED = rf"""
select xact, min(id), max(id), count(*), bool_or(row like %(request)s) from (
  select id, xact, coalesce(before::text, '') || coalesce(after::text, '') as row
    from {SCHEMA}.change where at >= %(since)s and not {_MOVED_ON}
) noted where not exists (select from {SCHEMA}.change heard
    where heard.xact = noted.xact and heard.root like 'inbox\_%%')
 group by xact having bool_or(row like %(key)s)
   or %(either)s and bool_or(row like %(request)s) order by min(id)
"""  # noqa: S608 - a constant


def outcomes(move: Move) -> dict[str, int]:
    """Return how many replays ended how, in which places they differed, why some were none."""
    return counted(move.bank, key_of(move.name))


def said_of(counts: dict[str, int]) -> str:
    """Say how the replays compared with what they replayed, and where they differed."""
    if not counts:
        return "No write was replayed."
    shown = [f"{counts.get(name, 0)} {name}" for name in (SAME, DIFFERS, INCOMPARABLE, "skipped")]
    lines = [
        f"\n  {name} ({number} times)"
        for name, number in sorted(counts.items())
        if name.startswith(("at ", "because "))
    ]
    return f"Writes replayed: {', '.join(shown)}{''.join(lines)}"


def rehearse(move: Move, *, percent: int, seconds: float) -> dict[str, int]:
    """Replay a share of the people's writes for a while, or until the operator says Ctrl-C.

    Afterwards reads alone are compared.
    """
    require_following(move)
    with cache_of(move.bank) as cache:
        cache.delete(key_of(move.name), queue_of(move.name))
    try:
        noting.install(move.to, move.name, move.names())
        with Replayer(move) as replayer, suppress(KeyboardInterrupt):
            share(move.source.topology, move.name, Route("shadow", move.target.url, percent))
            _Rehearsal(move, replayer).run(seconds)
    finally:
        share(move.source.topology, move.name, Route("shadow", move.target.url))
        noting.remove(move.to)
    return outcomes(move)


@dataclass(frozen=True)
class _Noted:
    """One transaction that replication brought, in which a command's key was found."""

    xact: int
    first: int
    last: int
    request: bool


class _Rehearsal:
    """The loop: take commands, wait until replication has passed them, replay, compare, count."""

    def __init__(self, move: Move, replayer: "Replayer") -> None:
        self._move = move
        self._replayer = replayer
        self._noise = Noise()

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with cache_of(self._move.bank) as cache, self._move.terminal.working("replaying") as bar:
            while time.monotonic() < end:
                waiting = self._newest(cache)
                if not waiting:
                    Event().wait(0.05)
                    continue
                for outcome, said in self._judged(waiting):
                    _count(cache, self._move.name, outcome, said)
                counts = outcomes(self._move)
                bar.note(f"{counts.get(SAME, 0)} same, {counts.get(DIFFERS, 0)} differ")
                self._forget()

    def _newest(self, cache: "redis.Redis") -> list[bytes]:
        """Take what was executed last; of what waits longer only so much is kept."""
        queue = queue_of(self._move.name)
        taken: Any = cache.rpop(queue, _AT_ONCE) or []
        older = int(cache.llen(queue)) - _NEWEST
        if older > 0:
            cache.ltrim(queue, older, -1)
            cache.hincrby(key_of(self._move.name), "skipped", older)
        return list(taken)

    def _judged(self, waiting: list[bytes]) -> Iterator[tuple[str, list[str]]]:
        entries = [msgspec.json.decode(found, type=Entry) for found in waiting]
        try:
            marker = links.mark(self._move.from_, self._move.name)
            links.await_marker(self._move.to, marker, _BEHIND_SECONDS)
        except NotNow:
            yield from ((INCOMPARABLE, ["because replication is behind"]) for _ in entries)
            return
        for entry in entries:
            begun = time.monotonic()
            yield self._judge(entry)
            Event().wait(time.monotonic() - begun)  # replication has at least half of the time

    def _judge(self, entry: Entry) -> tuple[str, list[str]]:
        """Return the outcome of one command, and in which places it differs or why it is none."""
        if not entry.whole:
            return INCOMPARABLE, ["because another context failed while it ran"]
        try:
            groups = self._candidates(entry)
            found = [self._difference(entry, group) for group in groups]
        except _NotComparable as why:
            return INCOMPARABLE, [f"because {why}"]
        if not all(found):
            return SAME, []
        if len(groups) > 1 and entry.refused is None:
            return INCOMPARABLE, ["because its effects are not told from those of others"]
        return DIFFERS, [f"at {entry.operation} {place or '/'}" for place in sorted(found[0])]

    def _candidates(self, entry: Entry) -> list["_Instant"]:
        """Return the instants before which the command may have happened, with its effects."""
        since = entry.began_at - timedelta(seconds=_BEFORE_SECONDS)
        asked = {
            "key": _pattern(entry),
            "request": f"%{_like(entry.request_id or '//')}%",
            "either": entry.asked is not None,
            "since": since,
        }
        noted = [
            _Noted(int(xact), int(first), int(last), bool(request))
            for xact, first, last, _, request in self._move.to.execute(_NOTED, asked).fetchall()
        ]
        told = noted if entry.asked is not None else [each for each in noted if each.request]
        if told:
            return [self._instant(told)]
        if noted:
            return [self._instant([each]) for each in noted[:_MOST_CANDIDATES]]
        return self._without_effects(entry, since)

    def _instant(self, noted: list[_Noted]) -> "_Instant":
        found = rows(
            self._move.to,
            f"select root, op, before, after from {SCHEMA}.change where xact = any(%s) order by id",  # noqa: S608
            ([each.xact for each in noted],),
        )
        first = min(each.first for each in noted)
        if len(noted) > 1 and self._is_interleaved(noted):
            raise _NotComparable("others wrote between its transactions")
        undone = value(
            self._move.to,
            f"select count(*) from {SCHEMA}.change where id >= %s",  # noqa: S608
            (first,),
        )
        if int(undone) > _MOST_UNDONE:
            raise _NotComparable("too much has happened since")
        return _Instant(first, [Change(*row) for row in found])

    def _is_interleaved(self, noted: list[_Noted]) -> bool:
        """Say whether anything else was written between the transactions of one request."""
        return bool(
            value(
                self._move.to,
                f"select count(*) from {SCHEMA}.change where id between %s and %s"  # noqa: S608
                " and xact <> all(%s)",
                (
                    min(each.first for each in noted),
                    max(each.last for each in noted),
                    [each.xact for each in noted],
                ),
            )
        )

    def _without_effects(self, entry: Entry, since: datetime) -> list["_Instant"]:
        """Return now, and the earliest instant: what was refused was refused somewhere between."""
        instants = [_Instant(None, [])]
        if entry.refused is not None:
            first = value(
                self._move.to,
                f"select min(id) from {SCHEMA}.change where at >= %s"  # noqa: S608
                f" having count(*) <= {_MOST_UNDONE}",
                (since,),
            )
            instants += [_Instant(int(first), [])] if first else []
        return instants

    def _difference(self, entry: Entry, instant: "_Instant") -> set[str]:
        noise = self._noise.of(entry.operation)
        before = effects.original(entry, instant.changes)
        one = self._replay(entry, instant)
        left = effects.places(before, one) - noise
        if left:
            noise |= effects.places(one, self._replay(entry, instant))
            left -= noise
        if left and entry.refused is None and instant.since is None:
            raise _NotComparable("nothing that replication brought tells of it")
        return left

    def _replay(self, entry: Entry, instant: "_Instant") -> Any:
        order = Order(entry, instant.since)
        found = self._replayer.ask(order)
        for _ in range(_TRIES):
            if found.trouble != _BUSY:
                break
            Event().wait(0.1)
            found = self._replayer.ask(order)
        if found.trouble:
            raise _NotComparable(found.trouble)
        if found.attempts:
            raise _NotComparable(f"it reaches outside: {', '.join(found.attempts)}")
        asked = [call.operation for call in found.calls if call.kind == "query"]
        unknown = [path for path in found.missing if path in asked]
        if unknown:
            raise _NotComparable(f"it asks {unknown[0]}, whose answer the original had by heart")
        return effects.replayed(found)

    def _forget(self) -> None:
        """Let go of what is too old to be undone."""
        self._move.to.execute(
            f"delete from {SCHEMA}.change where at < clock_timestamp() - interval '{_KEPT}'"  # noqa: S608
        )


@dataclass(frozen=True)
class _Instant:
    """Before which change a command may have happened, and what it wrote if it did."""

    since: int | None
    changes: list[Change]


class _NotComparable(Exception):  # noqa: N818 - it is an outcome
    """A command and its replay say nothing about each other; the text says why."""


_NAMED_KEY = '"key": '


def _pattern(entry: Entry) -> str:
    """Return what a row looks like that has a write's key in it; an HTTP key is in one field."""
    if entry.asked is None:
        return f"%{_like(entry.key)}%"
    key = msgspec.json.encode(entry.key).decode() if entry.key else "//"
    return f"%{_like(_NAMED_KEY + key)}%"


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _count(cache: "redis.Redis", context: str, outcome: str, said: list[str]) -> None:
    for name in (outcome, *said[:_PLACES]):
        cache.hincrby(key_of(context), name, 1)
