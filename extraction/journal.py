"""The audit trail of every move, in a small database of the operator's on the bank's server.

It outlives the mover, the service and the context's own tables. One operator works on a context at
a time: the lock is a session's, so it goes when the mover does, however it ends.
"""

import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from extraction.database import Connection, connect, opened, rows, value
from extraction.failures import NotNow, Stop

DATABASE = "vortex_extraction"
_HANDS = "*"  # where the table of operators says which context changes hands
_LOCK = 1_448_037_465
_TURN = (1_448_037_466, 0)  # held exclusively to change hands, shared to compare whole tables
_TABLES = """
create table if not exists extraction_seat (
  context text primary key,
  place text not null,
  epoch bigint not null default 0,
  changed_at timestamptz not null default now()
);
create table if not exists extraction_operator (
  context text primary key, who text not null, since timestamptz not null default now()
);
create table if not exists extraction_run (
  id bigint generated always as identity primary key,
  move uuid not null,
  context text not null,
  action text not null,
  phase text not null,
  state text not null check (state in ('running', 'done', 'failed', 'undone')),
  epoch bigint not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  who text not null,
  evidence jsonb not null default '{}'
);
create index if not exists extraction_run_move on extraction_run (context, id);
"""


@dataclass(frozen=True)
class Seat:
    """Where a context is, and in which epoch of its ownership."""

    context: str
    place: str
    epoch: int
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Step:
    """One phase of a move as the journal has it."""

    move: UUID
    action: str
    phase: str
    state: str
    epoch: int
    started_at: datetime
    finished_at: datetime | None
    who: str
    evidence: dict[str, Any]


Entry = int | Future[int]

_BEGIN = """
insert into extraction_run (move, context, action, phase, state, epoch, who)
values (%s, %s, %s, %s, 'running',
        coalesce(%s::bigint, (select epoch from extraction_seat where context = %s), 0), %s)
returning id
"""
_END = """
update extraction_run set state = %s, finished_at = clock_timestamp(), evidence = %s where id = %s
"""


class Journal:
    """The journal of one bank. Each write is committed when the method returns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._later: ThreadPoolExecutor | None = None
        self._written: list[Future[int]] = []
        self.who = f"{getpass.getuser()}@{socket.gethostname()} (pid {os.getpid()})"

    @contextmanager
    def locked(self, context: str) -> Iterator[None]:
        """Hold a context for this operator; refuse where another one works on it."""
        key = (_LOCK, context)
        if not value(self._connection, "select pg_try_advisory_lock(%s, hashtext(%s))", key):
            who = value(
                self._connection,
                "select who || ', since ' || since from extraction_operator where context = %s",
                (context,),
            )
            raise Stop(f"Somebody else moves {context} at this moment: {who}. Nothing was done.")
        self._connection.execute(
            "insert into extraction_operator (context, who) values (%s, %s)"
            " on conflict (context) do update set who = excluded.who, since = now()",
            (context, self.who),
        )
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", key)

    def take_turn(self, context: str, seconds: float) -> float:
        """Wait until no other context changes hands, or is compared; return for how long.

        Otherwise the writers behind one fence would wait for the work behind another. The turn ends
        with the command.
        """
        begun = time.monotonic()
        self._wait_for_turn("pg_advisory_lock", seconds)
        self._connection.execute(
            "insert into extraction_operator (context, who) values (%s, %s)"
            " on conflict (context) do update set who = excluded.who, since = now()",
            (_HANDS, f"{context}, by {self.who}"),
        )
        return time.monotonic() - begun

    @contextmanager
    def comparing(self, seconds: float) -> Iterator[None]:
        """Compare whole tables for the length of a block, while no other context changes hands."""
        self._wait_for_turn("pg_advisory_lock_shared", seconds)
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.execute("select pg_advisory_unlock_shared(%s, %s)", _TURN)

    def _wait_for_turn(self, lock: str, seconds: float) -> None:
        self._connection.execute("select set_config('lock_timeout', %s, false)", (_ms(seconds),))
        try:
            self._connection.execute(f"select {lock}(%s, %s)".encode(), _TURN)
        except psycopg.errors.LockNotAvailable as error:
            who = "select who || ', since ' || since from extraction_operator where context = %s"
            last = value(self._connection, who, (_HANDS,)) or "nobody"
            raise NotNow(
                f"Another context changes hands, or is compared (last: {last}), and did not end"
                f" within {seconds:g} s. Nothing was changed; try again later, or with a longer"
                " --patience."
            ) from error
        finally:
            if not self._connection.closed:
                self._connection.execute("set lock_timeout = 0")

    def operator(self, context: str) -> str:
        """Return who works on a context now, "" where nobody does."""
        held = value(
            self._connection,
            "select count(*) from pg_locks where locktype = 'advisory' and granted and classid = %s"
            " and objid = (hashtext(%s)::bigint & 4294967295)::oid and objsubid = 2"
            " and database = (select oid from pg_database where datname = current_database())",
            (_LOCK, context),
        )
        if not held:
            return ""
        who = "select who from extraction_operator where context = %s"
        return str(value(self._connection, who, (context,)) or "somebody")

    def seat(self, context: str) -> Seat:
        """Return where a context is; one that never moved is in the monolith."""
        found = rows(
            self._connection,
            "select context, place, epoch, changed_at from extraction_seat where context = %s",
            (context,),
        )
        return Seat(*found[0]) if found else Seat(context, "monolith", 0)

    def seats(self) -> dict[str, str]:
        """Return the place of each context that has ever moved."""
        found = rows(self._connection, "select context, place from extraction_seat")
        return {str(context): str(place) for context, place in found}

    def sit(self, context: str, place: str, epoch: int) -> None:
        """Write where a context is from now on, after all that was written down before."""
        for entry in self._written:
            entry.exception()
        self._connection.execute(
            "insert into extraction_seat (context, place, epoch) values (%s, %s, %s)"
            " on conflict (context) do update"
            " set place = excluded.place, epoch = excluded.epoch, changed_at = now()",
            (context, place, epoch),
        )

    def begin(
        self, move: UUID, context: str, action: str, phase: str, epoch: int | None = None
    ) -> Entry:
        """Write that a phase begins, in the epoch of the context's seat where none is given."""
        values = (move, context, action, phase, epoch, context, self.who)
        return self._write(lambda: int(value(self._connection, _BEGIN, values)))

    def end(self, entry: Entry, state: str, evidence: dict[str, Any]) -> None:
        """Write how a phase ended, and what proves it."""

        def write() -> int:
            number = entry if isinstance(entry, int) else entry.result()
            self._connection.execute(_END, (state, Jsonb(evidence), number))
            return number

        self._write(write)

    def _write(self, work: Callable[[], int]) -> Entry:
        if self._later is None:
            return work()
        self._written.append(self._later.submit(work))
        return self._written[-1]

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Write entries behind the back of a mover for whom writers wait, in their order.

        Nor does the server wait for its disk. A mover or a server that dies in such a moment loses
        the last entries and no more: the two databases say who owns the data, and the next run
        writes the rest down again.
        """
        self._connection.execute("set synchronous_commit = off")
        self._later = ThreadPoolExecutor(1)
        try:
            yield
        finally:
            self._later.shutdown()
            self._later = None
            written, self._written = self._written, []
            troubles = [str(error) for entry in written if (error := entry.exception())]
            if not self._connection.closed:
                self._connection.execute("set synchronous_commit = on")
        if troubles:
            raise Stop(f"The journal could not be written: {troubles[0]}. Run the command again.")

    def steps(self, context: str, move: UUID | None = None) -> list[Step]:
        """Return the phases of a move in order, of all moves of the context where none is named."""
        found = rows(
            self._connection,
            "select move, action, phase, state, epoch, started_at, finished_at, who, evidence"
            " from extraction_run where context = %s and (%s::uuid is null or move = %s)"
            " order by id",
            (context, move, move),
        )
        return [Step(*row) for row in found]


def _ms(seconds: float) -> str:
    return f"{max(1, int(seconds * 1000))}ms"


@contextmanager
def journal(operator_url: str) -> Iterator[Journal]:
    """Open the journal, making its database the first time."""
    url = urlunsplit(urlsplit(operator_url)._replace(path=f"/{DATABASE}"))
    with opened(operator_url) as server:
        if not value(server, "select 1 from pg_database where datname = %s", (DATABASE,)):
            try:
                server.execute(f"create database {DATABASE}")
                server.execute(f"revoke all on database {DATABASE} from public")
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                pass  # two operators at once: one of them made it
    connection = connect(url)
    try:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            connection.execute(_TABLES)
        finally:
            connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
        yield Journal(connection)
    finally:
        connection.close()
