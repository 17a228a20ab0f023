"""The phases in which the data change hands: the only ones in which anybody waits.

fence, drain, sequences, open. Until `open` has written, everything is undone by one row on the old
owner's side. From then on the only way is forward, and back by the same phases the other way round.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Any

import psycopg

from extraction import guards, links, prints, schemas, tables
from extraction.database import Connection
from extraction.failures import Differs, NotNow, Stop
from extraction.laws import breaches
from extraction.moving import FENCE, Evidence, Move
from extraction.preparing import compare_living
from extraction.topology import announce, hand_over, keep
from vortex.clock import now
from vortex.ids import new_id

HERE = "here"
MOVING = "moving"
_BETWEEN_TRIES_SECONDS = 0.5
_RESOLVE_SECONDS = 20
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def fence(move: Move) -> Evidence:
    """Let the writers in flight end, hold the newcomers, and write that the data move.

    The exclusive lock queues behind the shared ones of open transactions; it gives way after the
    budget, so that one slow writer costs the others no more than that.
    """
    connection, numbers = _made_ready(move)
    waits: list[float] = []
    for _ in range(move.options.tries):
        move.begin_pause()
        try:
            waited = _close(connection, move, numbers)
            return {"waited_ms": waited, "gave_way": len(waits)}
        except psycopg.errors.LockNotAvailable:
            waits.append(move.options.budget_ms)
            Event().wait(_BETWEEN_TRIES_SECONDS)
    raise NotNow(
        f"Writers held the fence open for {move.options.budget_ms} ms, {len(waits)} times over."
        " Nothing was changed; try again later, or with a larger --budget-ms."
    )


def drain(move: Move) -> Evidence:
    """Wait for the marker, which nothing committed before it can come after; keep both as they are.

    The snapshots are compared once everybody writes again: nobody waits for that. The old owner's
    began when the fence was closed, the new one's with the marker.
    """
    if move.marker is None:
        raise Stop("There is no marker to wait for: the fence was not closed by this run.")
    target = move.at(move.target, "snapshot")
    waited = links.await_marker_and_freeze(target, move.marker, move.options.drain_ms / 1000)
    move.snapshots = move.at(move.source, "fence"), target
    move.spent("drain")
    return {"marker_ms": round(waited, 1)}


def sequences(move: Move) -> Evidence:
    """Let the new owner's numbers begin past the old one's; they were set ahead of the fence."""
    if move.numbers is None:
        raise Stop("The last numbers are not known: the fence was not closed by this run.")
    begins = tables.hand_on_sequences(move.to, move.numbers, move.used)
    move.spent("sequences")
    return {"begins": begins, "margin": tables.MARGIN}


def open_(move: Move) -> Evidence:
    """Give the data to the new owner, then take them from the old one, then tell everybody.

    Nobody interrupts this. The first write decides: where it is not known whether it happened, the
    fence stays closed until it is.
    """
    here, there = move.owned or move.owners()
    epoch = max(here.epoch + (not there.here), there.epoch)
    if not there.here:
        move.may_be_open = True
        _take_over(move, epoch)
    move.may_be_open = True
    move.spent("take over")
    hand_over(move.name, move.target, move.source)
    opened_at = now()
    move.spent("tell")
    guards.own(move.from_, move.name, move.target.name, epoch)
    move.handed_over = True
    keep(move.target, move.source)
    move.journal.sit(move.name, move.target.name, epoch)
    trouble = announce(move.bank, move.journal)
    evidence: Evidence = {"epoch": epoch, "owner": move.target.name, "opened_at": str(opened_at)}
    if trouble:
        evidence["gateway"] = trouble
    if move.fenced_at is not None:
        evidence["fenced_at"] = str(move.fenced_at)
        evidence["pause_ms"] = _between(move.fenced_at, opened_at)
        evidence["spent_ms"] = move.spent_ms
    return evidence


def reopen(move: Move) -> bool:
    """Give the data back to the old owner, unless the new one may have them; return whether.

    A second call changes nothing.
    """
    release_snapshots(move)
    return give_back(move)


def give_back(move: Move) -> bool:
    """Open the fence on the old owner's side again, unless the new one may own the data."""
    if move.may_be_open:
        return False
    here = guards.ownership(move.from_, move.name)
    if here.owner == MOVING:
        guards.own(move.from_, move.name, HERE, here.epoch)
    return True


def rehearsed(move: Move) -> Evidence:
    """Give the data back where a move would hand them over, and prove it as a move is proved."""
    with uninterrupted():
        give_back(move)
    pause = _between(move.fenced_at, now()) if move.fenced_at else 0.0
    evidence: Evidence = {"pause_ms": pause, "spent_ms": move.spent_ms}
    if move.snapshots is not None:
        evidence |= _compare_frozen(move, *move.snapshots)
    release_snapshots(move)
    return evidence


def watch(move: Move) -> Evidence:
    """Prove that nothing was lost on the way, and that the way back is open.

    Where the snapshots died with an earlier run, both sides are compared as they live.
    """
    if move.snapshots is not None:
        evidence = _compare_frozen(move, *move.snapshots)
        release_snapshots(move)
    else:
        evidence = compare_living(move, lambda: _catch_up_back(move))
    evidence["back_ms"] = round(_catch_up_back(move), 1)
    for link in (move.link_back, move.link):
        found = links.health(link, move.at(link.source), move.at(link.target))
        evidence[link.name] = links.evidence(found)
    return evidence


def _catch_up_back(move: Move) -> float:
    """Wait until the old owner has everything that the new one committed by now."""
    return links.await_marker(move.from_, links.mark(move.to, move.name), 30)


def release_snapshots(move: Move) -> None:
    """Let both databases forget how they were at the fence."""
    for connection in move.snapshots or ():
        if not connection.closed:
            connection.rollback()
    move.snapshots = None


def _compare_frozen(move: Move, source: Connection, target: Connection) -> Evidence:
    counts, differing = prints.compare(source, target, move.tables())
    found = prints.differences(source, target, differing)
    if found:
        raise Differs("What arrived is not what was sent. " + "; ".join(map(str, found)))
    broken = breaches(target, move.laws())
    if broken:
        raise Differs(f"{move.target.name} breaks the laws of {move.name}: {'; '.join(broken)}")
    return {
        "rows": sum(counts.values()),
        "tables": len(counts),
        "differences": 0,
        "laws": len(move.laws()),
    }


def _made_ready(move: Move) -> tuple[Connection, tables.Numbers]:
    """Do beforehand what would have to be done while writers wait."""
    connection = move.at(move.source, "fence")
    for side in (connection, move.at(move.target, "snapshot")):
        side.rollback()
    schemas.require_same(move)
    move.owned = move.owners()
    move.numbers = tables.lead_sequences(move.from_, move.to, move.names())
    return connection, move.numbers


def _close(connection: Connection, move: Move, numbers: tables.Numbers) -> float:
    """Close the fence in two round trips; return for how long its lock was waited for, in ms.

    The lock comes in a statement of its own: the next one has a snapshot that is taken under it.
    """
    marker = new_id()
    try:
        connection.execute(
            psycopg.sql.SQL(LOCK).format(int(move.options.budget_ms), FENCE, move.name)
        )
        move.spent("lock")
        move.used = guards.close(connection, move.name, marker, numbers.question)
    except BaseException:
        connection.rollback()
        raise
    move.marker = marker
    move.spent("mark")
    return move.spent_ms["lock"]


LOCK = "begin; set local lock_timeout = {}; select pg_advisory_xact_lock({}, hashtext({}))"


def _take_over(move: Move, epoch: int) -> None:
    """Write on the new side that it owns the data, again where the answer was lost.

    A write whose answer was lost may have happened, or may happen yet: so it is repeated until it
    is known, and never taken back.
    """
    end = time.monotonic() + _RESOLVE_SECONDS
    while True:
        try:
            guards.own(move.to, move.name, HERE, epoch)
            return
        except (psycopg.OperationalError, Stop) as error:
            trouble = str(error).strip().splitlines()[0]
        if time.monotonic() > end:
            raise Stop(
                f"{move.target.name} stopped answering at the moment of taking {move.name} over,"
                " and whether it did is not known. Writers wait. Bring its database back and run"
                f" the same command again: it finds out. ({trouble})"
            )
        Event().wait(0.2)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep signals waiting for the length of a block; they come at its end.

    Their handlers are changed, not their mask: where another thread runs, the system gives it the
    signal, and Python runs the handler in this one all the same.
    """
    came: list[int] = []
    before: dict[int, Any] = {
        number: signal.signal(number, lambda number, _: came.append(number)) for number in STOPPING
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _between(begun: datetime, ended: datetime) -> float:
    return round((ended - begun).total_seconds() * 1000, 1)
