"""Faults that happen while rows are being copied, and not a moment later.

The copy of one table stands still: a trigger on the stand-by waits for a lock that the fault holds.
Before and after what happens PostgreSQL itself is asked whether that table is being copied, so a
fault that has missed its window fails.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from extraction.database import APPLICATION
from tests.bank import ROOT, Bank, wait_for
from tests.topologies.commands import begun, ended, superuser
from tests.topologies.proof import database, extraction

HELD = "idempotency_key"  # every context that is written to has rows there
_LOCK = 1_448_037_469
_HOLD = f"""
create or replace function extraction_hold() returns trigger language plpgsql as
  $$ begin perform pg_advisory_xact_lock_shared({_LOCK}); return new; end $$;
create or replace trigger extraction_hold before insert on {HELD}
  for each row execute function extraction_hold();
alter table {HELD} enable always trigger extraction_hold;
"""
_LET_GO = "drop function if exists extraction_hold() cascade"
_IS_COPIED = f"""
select 1 from pg_stat_progress_copy p join pg_subscription_rel r on r.srrelid = p.relid
 where p.relid = '{HELD}'::regclass and p.command = 'COPY FROM' and r.srsubstate = 'd'
"""  # noqa: S608 - constants
_FREEZE = ("extraction_early", "extraction_freeze", "extraction_keep")

ADD = f"alter table {HELD} add column more text"
# Of a table that is not being copied at that moment, so that it waits for nobody.
_PAST = "alter table outbox_parked add column more text"
_TAKE_BACK = "alter table outbox_parked drop column if exists more"

Happens = Callable[[Bank, str], str]


class Copying:
    """A move whose copy stands still until it is told to go on."""

    def __init__(self, bank: Bank, context: str, mover: "subprocess.Popen[str]") -> None:
        self.mover = mover
        self._there = _operator(bank, context, service=True)
        self._there.execute("select pg_advisory_lock(%s)", (_LOCK,))

    def is_under_way(self) -> bool:
        """Say whether rows are being copied at this moment."""
        return self._there.execute(_IS_COPIED.encode()).fetchone() is not None

    def go_on(self) -> None:
        """Let the copy go on."""
        self._there.close()

    def ended(self) -> tuple[int, str]:
        """Wait for the mover; return its exit code and what it said."""
        said, _ = self.mover.communicate(timeout=180)
        return self.mover.returncode, said


def told_of(statement: str, *, service: bool, says: str = "") -> Happens:
    """Return a fault: somebody sends a statement meanwhile, and is refused at once."""

    def happen(bank: Bank, context: str) -> str:
        with copying(bank, context) as copy:
            with database(bank, context, service=service) as opened:
                said = _refused(opened, statement)
            assert copy.is_under_way(), "it happened while rows were copied"
            copy.go_on()
            code, words = copy.ended()
        assert code == 0, words
        assert says in said, said
        return said

    return happen


def migrate(bank: Bank, context: str) -> str:
    """Somebody deploys a release with one more migration."""
    with copying(bank, context) as copy:
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--database", context, "--no-input"],
            cwd=ROOT,
            env=bank.environment()
            | {"DJANGO_SETTINGS_MODULE": "tests.topologies.late.settings", "LATE": context},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode, done.stdout
        assert copy.is_under_way(), "it happened while rows were copied"
        copy.go_on()
        code, words = copy.ended()
    assert code == 0, words
    assert "rollback CONTEXT --for-good" in done.stderr, done.stderr[-500:]
    return done.stderr


def past_the_freeze(*, service: bool) -> Happens:
    """Return a fault: a superuser switches the freeze off and changes a table of one side."""

    def happen(bank: Bank, context: str) -> str:
        try:
            with copying(bank, context) as copy:
                _change(bank, context, service=service)
                assert copy.is_under_way(), "it happened while rows were copied"
                code, said = copy.ended()
            assert code == 1, said
            state = extraction(bank, "status", context)[context]
            assert "not the same on both sides" in state["says"], state
            again, _ = ended("move", context, bank=bank)
            assert again == 1, "what nobody has mended does not move"
        finally:
            _mend(bank, context, service=service)
        return said

    return happen


def at_the_fence(bank: Bank, context: str) -> str:
    """A superuser changes a table while the mover waits for a good moment, after it has looked."""
    ended("move", context, "--until", "copy", bank=bank)
    held = psycopg.connect(superuser(bank, context))
    held.execute("select pg_current_xact_id()")
    try:
        with begun("move", context, "--patience", "60", bank=bank) as mover:
            wait_for(lambda: _is_warm(bank, context), 90, "the mover warms the stand-by")
            _change(bank, context, service=True)
            held.close()
            said, _ = mover.communicate(timeout=120)
        assert mover.returncode == 1, said
        state = extraction(bank, "status", context)[context]
        assert state["owner_by_bank"].startswith("here"), state
    finally:
        held.close()
        _mend(bank, context, service=True)
    return said


def end_for_good(bank: Bank, context: str) -> str:
    """The operator gives the move up: DDL is let through again, and a move copies anew."""
    ended("move", context, "--until", "copy", bank=bank)
    code, said = ended("rollback", context, "--for-good", bank=bank)
    assert code == 0, said
    state = extraction(bank, "status", context)[context]
    assert not any(link["stands"] for link in state["links"].values()), state
    with database(bank, context) as opened:
        opened.execute(ADD.encode())
        opened.execute(f"alter table {HELD} drop column more".encode())
    return said


def lose_slot(bank: Bank, context: str) -> str:
    """The slot goes; the mover says so, and the same command copies anew."""
    with copying(bank, context) as copy:
        with _operator(bank, context, service=False) as opened:
            _drop_slot(opened, f"vortex_{context}_to_service")
        assert copy.is_under_way(), "it happened while rows were copied"
        code, said = copy.ended()
    assert code == 1, said
    return said


def kill_target(bank: Bank, context: str) -> str:
    """The service's PostgreSQL dies, and with it the copy."""
    with copying(bank, context) as copy:
        pid = Bank(bank.home / "services" / context).pid("postgres")
        os.killpg(pid, signal.SIGKILL)
        code, said = copy.ended()
    assert code == 1, said
    return said


@contextmanager
def copying(bank: Bank, context: str) -> Iterator[Copying]:
    """Begin a move and have it copy; what it has copied before is forgotten."""
    code, said = ended("move", context, "--until", "copy", "--patience", "60", bank=bank)
    assert code == 0, said
    _forget_copy(bank, context)
    with _operator(bank, context, service=True) as opened:
        opened.execute(_HOLD.encode())
    try:
        with begun("move", context, "--patience", "60", bank=bank) as mover:
            copy = Copying(bank, context, mover)
            try:
                wait_for(copy.is_under_way, 90, "rows are copied")
                yield copy
            finally:
                copy.go_on()
    finally:
        wait_for(lambda: _let_go(bank, context), 60, "the stand-by is as it was")


def _forget_copy(bank: Bank, context: str) -> None:
    name = f"vortex_{context}_to_service"
    with _operator(bank, context, service=True) as opened:
        opened.execute(f"alter subscription {name} disable".encode())
        opened.execute(f"alter subscription {name} set (slot_name = none)".encode())
        opened.execute(f"drop subscription {name}".encode())
    with _operator(bank, context, service=False) as opened:
        _drop_slot(opened, name)


def _let_go(bank: Bank, context: str) -> bool:
    try:
        with _operator(bank, context, service=True) as opened:
            opened.execute("set lock_timeout = '2s'")
            opened.execute(_LET_GO.encode())
    except psycopg.Error:
        return False
    return True


def _change(bank: Bank, context: str, *, service: bool) -> None:
    """Change a table: replaying sessions are refused as well, whoever switches it off is not."""
    url = superuser(bank, context, service=service)
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("set session_replication_role = replica")
        _refused(opened, _PAST)
        for name in _FREEZE:
            opened.execute(f"alter event trigger {name} disable".encode())
        opened.execute(_PAST.encode())


def _mend(bank: Bank, context: str, *, service: bool) -> None:
    with _operator(bank, context, service=service) as opened:
        opened.execute(_TAKE_BACK.encode())


def _refused(opened: psycopg.Connection[Any], statement: str) -> str:
    opened.execute("set statement_timeout = '5s'")  # it waits for nobody, and nobody behind it
    try:
        opened.execute(statement.encode())
    except psycopg.errors.QueryCanceled as error:
        raise AssertionError(f"{statement} waited for the copy") from error
    except psycopg.Error as error:
        return str(error)
    raise AssertionError(f"{statement} was let through")


def _drop_slot(opened: psycopg.Connection[Any], name: str) -> None:
    def dropped() -> bool:
        opened.execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots"
            " where slot_name = %s and active",
            (name,),
        )
        try:
            opened.execute("select pg_drop_replication_slot(%s)", (name,))
        except psycopg.errors.ObjectInUse:
            return False
        except psycopg.errors.UndefinedObject:
            return True
        return True

    wait_for(dropped, 30, "the slot is dropped")


def _is_warm(bank: Bank, context: str) -> bool:
    """Say whether the mover has looked at both sides and shows the stand-by what comes."""
    state = extraction(bank, "status", context)[context]
    last = state.get("last", {})
    return bool(last.get("phase") == "look" and state["traffic_mode"] == "shadow")


def _operator(bank: Bank, context: str, *, service: bool) -> psycopg.Connection[Any]:
    """Connect as the mover does, whom the freeze lets through."""
    url = superuser(bank, context, service=service)
    return psycopg.connect(url, autocommit=True, application_name=APPLICATION)
