"""The phases before anything changes hands: prepare, copy, and the look before the leap."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx
import psycopg
import redis

from extraction import guards, links, noting, prints, schemas, tables
from extraction.database import Connection, rows, value
from extraction.failures import Differs, NotNow, Stop
from extraction.laws import breaches
from extraction.links import Link
from extraction.moving import Evidence, Move
from extraction.topology import announce, share
from vortex.topology.routes import Route

ROUND_TRIP_MS = 100
LONG_SECONDS = 1.0
_READY_SECONDS = 180
_STUCK_SECONDS = 120.0
_CHECK_SECONDS = 1.0


def prepare(move: Move) -> Evidence:
    """Guard both sides, make rows tellable, refuse what cannot be replicated."""
    servers = {
        place.name: links.require_server(move.at(place), place.name)
        for place in (move.source, move.target)
    }
    absent = tables.missing(move.to, move.tables())
    if absent:
        raise Stop(
            f"{move.target.name} lacks {', '.join(absent)}: bring its migrations to the same state."
        )
    _, there = move.owners()
    if there.here:
        raise Stop(f"{move.target.name} owns {move.name} already; nothing was done.")
    evidence: Evidence = {"servers": servers, "tables": len(move.tables())}
    for place in (move.source, move.target):
        side = move.at(place)
        evidence[place.name] = {
            "guarded": guards.install(side, move.name, move.names()),
            "told_apart_by": tables.identify(side, move.names()),
        }
        guards.freeze(side)
    schemas.require_same(move)
    announce(move.bank, move.journal)
    return evidence


def copy(move: Move) -> Evidence:
    """Copy while the context is in use, follow it, and prove that both sides hold the same."""
    begun = time.monotonic()
    replicated = [*move.names(), tables.MARKER]
    fresh = _link(move, move.link, replicated, copy=True)
    with move.terminal.working("copying") as bar:
        _await(
            lambda: _all_copied(move, bar.note),
            lambda: links.copied(move.to, move.link),
            f"the copy of {move.name} does not get on; the log of {move.target.name}'s PostgreSQL"
            " says why (a full disk, a row that breaks a constraint)",
            lambda: _still_possible(move),
        )
    _still_possible(move)
    links.tidy_markers(move.from_, move.name)
    _catch_up(move)
    _link(move, move.link_back, replicated, copy=False)
    with move.journal.comparing(move.options.patience_seconds):
        compared = compare_living(move)
    return {**compared, "copied": fresh, "seconds": round(time.monotonic() - begun, 2)}


def compare_living(move: Move, catch_up: Callable[[], object] | None = None) -> Evidence:
    """Compare both sides while the owner is written to, and ask the laws of the other one."""
    counts, differing = prints.compare(move.from_, move.to, move.tables())
    stays = prints.settled_differences(
        move.from_, move.to, differing, catch_up or (lambda: _catch_up(move))
    )
    if stays:
        raise Differs("The two sides differ. " + "; ".join(map(str, stays)))
    with move.to.transaction():
        move.to.execute("set transaction isolation level repeatable read, read only")
        broken = breaches(move.to, move.laws())
    if broken:
        raise Differs(f"{move.target.name} breaks the laws of {move.name}: {'; '.join(broken)}")
    return {"rows": sum(counts.values()), "laws": len(move.laws()), "differences": 0}


def look(move: Move) -> Evidence:
    """Refuse to close the fence at a bad moment; nothing has changed hands."""
    waited = move.journal.take_turn(move.name, move.options.patience_seconds)
    schemas.require_frozen(move)
    schemas.require_same(move)
    evidence: Evidence = {"turn_seconds": round(waited, 2), "ready": _await_ready(move)}
    for place in (move.source, move.target):
        noting.remove(move.at(place))
    _warm(move)
    _await_moment(move, lambda: _long_transactions(move))
    _await_moment(move, lambda: _queued(move))
    trips: list[float] = []

    def slow() -> str:
        trips[:] = [_catch_up(move) for _ in range(5)]
        slowest = max(trips)
        return f"a marker took {slowest:.0f} ms to the other side" * (slowest > ROUND_TRIP_MS)

    _await_moment(move, slow)
    evidence["marker_ms"] = [round(trip, 1) for trip in trips]
    for link in (move.link, move.link_back):
        evidence[link.name] = _await_working(move, link)
    return evidence


def _await_working(move: Move, link: Link) -> Evidence:
    """Wait until a direction of replication works; one whose server came back joins by itself."""
    evidence: Evidence = {}

    def idle() -> str:
        found = links.health(link, move.at(link.source), move.at(link.target))
        evidence.update(links.evidence(found))
        said = f"the replication {link.name} does not work, its slot is {found.slot}"
        return "" if found.working else said

    _await_moment(move, idle)
    return evidence


def _warm(move: Move) -> None:
    """Let the stand-by see copies of the requests it will get: first requests are slow ones.

    Its answers are dropped, and copies write nothing, even those that come when it is the owner.
    """
    share(move.source.topology, move.name, Route("shadow", move.target.url))
    try:
        Event().wait(move.options.warm_seconds)
    finally:
        share(move.source.topology, move.name, Route())


def await_service(find: Callable[[], object | None], name: str) -> None:
    """Wait until the bank has started the service."""
    if not _within(_READY_SECONDS, lambda: find() is not None):
        raise Stop(
            f"The service of {name} did not start within {_READY_SECONDS} s."
            f" Its log is log/service-{name}.log in the bank's home; `make up` must be running."
        )


def _link(move: Move, link: Link, replicated: list[str], *, copy: bool) -> bool:
    """Make a direction of replication stand; return whether its rows are copied anew.

    One whose slot was lost has a hole. It is made again, and the side that it leads to, which owns
    nothing, is emptied and filled once more.
    """
    source, target = move.at(link.source), move.at(link.target)
    found = links.health(link, source, target)
    links.publish(source, link, replicated)
    if found.stands and not found.lost:
        return False
    if found.stands:
        links.drop(link)
        links.publish(source, link, replicated)
    # Making a slot waits for every transaction that is writing, and would not say so.
    _await_moment(move, lambda: _writing(source))
    if copy:
        _empty(move, replicated)
    try:
        links.subscribe(target, link, copy=copy)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise Stop(f"{link.target.name} cannot read from {link.source.name}: {said}") from error
    return copy


def _empty(move: Move, replicated: list[str]) -> None:
    """Empty the tables of the side that owns nothing: what its own migrations put there too.

    The markers of an earlier copy go with them: they would be copied once more.
    """
    _, there = move.owners()
    if there.here:
        raise Stop(f"{move.target.name} owns {move.name}: it will not be emptied.")
    listed = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(name) for name in replicated)
    with move.to.transaction():
        move.to.execute("set local session_replication_role = replica")
        move.to.execute(psycopg.sql.SQL("truncate {} cascade").format(listed))


def _all_copied(move: Move, note: Callable[..., None]) -> bool:
    done, of = links.copied(move.to, move.link)
    note(f"{done} of {of} tables", done=done, total=of)
    return of > 0 and done == of


def _catch_up(move: Move) -> float:
    """Wait until the other side has everything that is committed now."""
    return links.await_marker(move.to, links.mark(move.from_, move.name), 30)


def _still_possible(move: Move) -> None:
    """Stop a copy that cannot end, or would not be one: its slot is lost, the tables differ."""
    schemas.require_same(move)
    found = links.health(move.link, move.from_, move.to)
    if found.lost:
        raise NotNow(
            f"The replication slot {move.link.name} was lost while the rows were copied."
            " Give the same command again: it copies anew. Nothing has changed hands."
        )


def _await(
    done: Callable[[], bool],
    progress: Callable[[], object],
    trouble: str,
    check: Callable[[], None],
) -> None:
    """Wait until it is done, for as long as there is progress and nothing is in its way."""
    seen, moved_at, checked_at = progress(), time.monotonic(), time.monotonic()
    while not done():
        now = progress()
        if time.monotonic() - checked_at > _CHECK_SECONDS:
            check()
            checked_at = time.monotonic()
        if now != seen:
            seen, moved_at = now, time.monotonic()
        if time.monotonic() - moved_at > _STUCK_SECONDS:
            raise NotNow(f"Nothing happens any more: {trouble}.")
        Event().wait(0.05)


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        Event().wait(0.2)
    return True


def _await_moment(move: Move, trouble: Callable[[], str]) -> None:
    """Wait for a trouble to go away; refuse with it where it stays."""
    end = time.monotonic() + move.options.patience_seconds
    while said := trouble():
        if time.monotonic() > end:
            raise NotNow(f"The moment is wrong: {said}. Nothing was changed; try again later.")
        Event().wait(0.2)


def _await_ready(move: Move) -> float:
    """Ask the new owner whether it could serve, and make it open what it needs for that."""
    begun = time.monotonic()
    said = "it does not answer"

    def ready() -> bool:
        nonlocal said
        try:
            answer = httpx.get(f"{move.target.url}/health/ready", timeout=5, trust_env=False)
            httpx.get(f"{move.target.url}/api/{move.name}", timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            said = type(error).__name__
            return False
        said = answer.text[:300]
        return answer.status_code == httpx.codes.OK

    if not _within(_READY_SECONDS, ready):
        raise NotNow(f"{move.target.name} at {move.target.url} is not ready: {said}")
    return round(time.monotonic() - begun, 2)


def _long_transactions(move: Move) -> str:
    found = rows(
        move.from_,
        "select pid, application_name, state, extract(epoch from now() - xact_start)::int"
        " from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend' and application_name not like 'vortex_%%'"
        " and xact_start < now() - make_interval(secs => %s) order by xact_start limit 1",
        (LONG_SECONDS,),
    )
    prepared = value(
        move.from_, "select gid from pg_prepared_xacts where database = current_database() limit 1"
    )
    if prepared:
        return f"the transaction {prepared!r} is prepared and not finished"
    return _described(found)


def _writing(connection: Connection) -> str:
    """Name a transaction that has been writing for long, in any database of a server."""
    return _described(
        rows(
            connection,
            "select pid, application_name, state, extract(epoch from now() - xact_start)::int"
            " from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"
            " and xact_start < now() - make_interval(secs => %s) order by xact_start limit 1",
            (LONG_SECONDS,),
        )
    )


def _described(found: list[tuple[Any, ...]]) -> str:
    if not found:
        return ""
    pid, name, state, seconds = found[0]
    return f"a transaction of {name or 'a client'} (pid {pid}, {state}) is open for {seconds} s"


def _queued(move: Move) -> str:
    """Say how many tasks wait in the context's queue; the worker of either side may take them."""
    url = move.bank.broker_url.replace("valkey://", "redis://", 1)
    if not url.startswith(("redis://", "rediss://")):
        return ""
    with redis.Redis.from_url(url, socket_timeout=5) as broker:
        waiting = int(broker.llen(move.name))
    return f"{waiting} tasks wait in the queue {move.name!r}" if waiting else ""
