"""What can go wrong with a move, each as a sentence and a way to make it happen to a running bank.

A fault leaves the context where it was, or where it was to go, and the bank writing. Afterwards the
same command is given again and ends the move.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx
import psycopg

from extraction.journal import journal
from tests.bank import Bank, wait_for
from tests.topologies import copying, disks
from tests.topologies.commands import begun, ended, superuser
from tests.topologies.proof import extraction

STOPS = "stops, and nobody waits; given again it ends"
PHASES = ("prepare", "copy", "look", "fence", "drain", "sequences", "open", "watch")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong; `happen` returns what `status` and the command said."""

    phase: str
    name: str
    happen: Callable[[Bank, str], str]
    says: str = ""
    ends: str = "goes through"
    errors: bool = False  # whether people see errors: what they use is itself taken away
    bank: str = "whole"  # or `apart`, behind a gateway, or `small`, on small disks


def faults() -> list[Fault]:
    """Return all of them, in the order in which a move meets them."""
    return [*_before_the_fence(), *_deaths(), *_of_machines()]


def _before_the_fence() -> list[Fault]:
    refused, told = "is refused, and says why; given again it ends", "is refused, and the move ends"
    anew = "copies anew when it is given again, and the move ends"
    return [
        Fault("prepare", "no such context", _unknown, "no context 'loans'", refused),
        Fault("prepare", "the context is out already", _out_already, "is out already", refused),
        Fault("prepare", "the address is wrong", _unreachable, "cannot be reached", refused),
        Fault("prepare", "the password is wrong", _wrong_password, "password auth", refused),
        Fault("look", "a transaction stays open", _long_transaction, "is open for", refused),
        *_while_rows_are_copied(refused, told),
        Fault("copy", "the move is ended for good", copying.end_for_good, "let through", anew),
        Fault("copy", "somebody empties a table", _truncate, "TRUNCATE is refused", told),
        Fault("copy", "somebody writes to the stand-by", _rogue, "is owned by", told),
        Fault("look", "two operators work at once", _two_operators, "Somebody else moves", refused),
        Fault("look", "another context changes hands", _not_its_turn, "Another context", refused),
        Fault("look", "the operator presses Ctrl-C", _interrupt, "Interrupted", STOPS),
        *(
            Fault(phase, f"Ctrl-C in {phase}", _interrupted_in(phase), "Interrupted", STOPS)
            for phase in PHASES
        ),
    ]


def _while_rows_are_copied(refused: str, told: str) -> list[Fault]:
    ddl, found = "DDL is not replicated", "not the same on both sides"
    here, there = (
        copying.told_of(copying.ADD, service=False),
        copying.told_of(copying.ADD, service=True),
    )
    return [
        Fault("copy", "a column is added while rows are copied", here, ddl, told),
        Fault("copy", "a column of the service is added while rows are copied", there, ddl, told),
        Fault("copy", "somebody migrates while rows are copied", copying.migrate, ddl, told),
        Fault(
            "copy",
            "the schema is changed past the freeze while rows are copied",
            copying.past_the_freeze(service=False),
            found,
            refused,
        ),
        Fault(
            "copy",
            "the service's schema is changed past the freeze while rows are copied",
            copying.past_the_freeze(service=True),
            found,
            refused,
        ),
        Fault(
            "fence",
            "the schema is changed past the freeze before the fence",
            copying.at_the_fence,
            found,
            refused,
        ),
    ]


def _deaths() -> list[Fault]:
    again = "goes on from there when it is given again"
    return [
        *(
            Fault(phase, f"the mover is killed {when} {phase}", _death(phase, when), "run", again)
            for phase in PHASES
            for when in ("before", "after")
        ),
        Fault(
            "open",
            "the mover is killed between the two owners",
            _death("open", "within"),
            "run",
            again,
        ),
    ]


def _of_machines() -> list[Fault]:
    back, anew = "is started again, and the move ends", "copies anew, and the move ends"
    again = "stops, and says why; given again it ends"
    served, held = "served by transactions", "is refused while it is full; given again it ends"
    services, owners = disks.fill_the_services, disks.fill_the_owners
    return [
        Fault("copy", "the workers of replication are killed", _kill_workers, ends=back),
        Fault("copy", "the relay is killed", _kill_relay, ends=back),
        Fault("copy", "the replication slot is lost", _lose_slot, ends=anew),
        Fault("copy", "the slot is lost while rows are copied", copying.lose_slot, "lost", again),
        Fault("copy", "the target dies before the fence", _kill_target, ends=back),
        Fault("copy", "the target dies while rows are copied", copying.kill_target, "", again),
        Fault("look", "the gateway is killed", _kill_gateway, served, back, True, "apart"),
        Fault("look", "the disk of the service is full", services, "", held, False, "small"),
        Fault("look", "the disk of the owner is full", owners, "", held, True, "small"),
    ]


def _death(phase: str, when: str) -> Callable[[Bank, str], str]:
    def happen(bank: Bank, context: str) -> str:
        code, _ = ended(
            f"{phase}:{when}", "move", context, bank=bank, module="tests.topologies.dying"
        )
        assert code == -signal.SIGKILL, code
        state = extraction(bank, "status", context)[context]
        assert not state["operator"], "a dead mover holds no lock"
        return str(state["says"])

    return happen


def _interrupted_in(phase: str) -> Callable[[Bank, str], str]:
    """Press Ctrl-C in a phase: the fence is open afterwards, and one side owns the data."""

    def happen(bank: Bank, context: str) -> str:
        code, said = ended(
            f"{phase}:ctrl-c", "move", context, bank=bank, module="tests.topologies.dying"
        )
        assert code == 130, said
        state = extraction(bank, "status", context)[context]
        owners = [state[f"owner_by_{side}"].split()[0] for side in ("bank", "service")]
        assert (owners.count("here"), owners.count("moving")) == (1, 0), state
        assert "again" in state["says"] or f"stopped in {phase}" in state["says"], state
        return said

    return happen


def _unknown(bank: Bank, context: str) -> str:
    del context
    return _refused(bank, "loans")


def _out_already(bank: Bank, context: str) -> str:
    code, said = ended("move", context, bank=bank)
    assert code == 0, said
    return _refused(bank, context)


def _unreachable(bank: Bank, context: str) -> str:
    url = "postgresql://nobody@127.0.0.1:1/nowhere"
    return _refused(bank, context, VORTEX_MOVE_TARGET_DATABASE_URL=url)


def _wrong_password(bank: Bank, context: str) -> str:
    who, _, place = superuser(bank, context).rpartition("@")
    url = f"{who.rpartition(':')[0]}:wrong@{place}"
    return _refused(bank, context, VORTEX_MOVE_TARGET_DATABASE_URL=url)


def _refused(bank: Bank, context: str, *words: str, **more: str) -> str:
    code, said = ended("move", context, *words, bank=bank, **more)
    assert code == 1, said
    return said


def _long_transaction(bank: Bank, context: str) -> str:
    with psycopg.connect(superuser(bank, context)) as held:
        held.execute("select pg_current_xact_id()")
        return _refused(bank, context, "--patience", "3")


def _truncate(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    with psycopg.connect(superuser(bank, context), autocommit=True) as opened:
        return _said_by(opened, "truncate outbox_parked")


def _rogue(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    with psycopg.connect(superuser(bank, context, service=True), autocommit=True) as opened:
        return _said_by(opened, "delete from outbox_parked")


def _said_by(opened: psycopg.Connection[Any], statement: str) -> str:
    try:
        opened.execute(statement.encode())
    except psycopg.Error as error:
        return str(error)
    raise AssertionError(f"{statement} was let through")


def _two_operators(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    with _held_open(bank, context), begun("move", context, "--patience", "30", bank=bank) as first:
        wait_for(lambda: _in_phase(bank, context, "look"), 90, "the first one works")
        said = _refused(bank, context)
        first.send_signal(signal.SIGINT)
        first.wait(60)
    return said


def _not_its_turn(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    server = superuser(bank, context).rpartition("/")[0]
    with journal(f"{server}/postgres") as book:
        book.take_turn("another", 60)
        return _refused(bank, context, "--patience", "2")


def _interrupt(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    with _held_open(bank, context), begun("move", context, "--patience", "60", bank=bank) as mover:
        wait_for(lambda: _in_phase(bank, context, "look"), 90, "the mover looks")
        mover.send_signal(signal.SIGINT)
        said, _ = mover.communicate(timeout=60)
    assert mover.returncode == 130, said
    return said


def _held_open(bank: Bank, context: str) -> psycopg.Connection[Any]:
    """Keep a transaction open, so that the mover waits for a good moment."""
    held = psycopg.connect(superuser(bank, context))
    held.execute("select pg_current_xact_id()")
    return held


def _in_phase(bank: Bank, context: str, phase: str) -> bool:
    last = extraction(bank, "status", context)[context].get("last", {})
    return bool(last.get("phase") == phase and last.get("state") == "running")


def _kill_workers(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    for service in (True, False):
        with psycopg.connect(superuser(bank, context, service=service), autocommit=True) as opened:
            opened.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where backend_type like 'logical replication%'"
            )
    return ""


def _kill_gateway(bank: Bank, context: str) -> str:
    """Kill it while the mover looks; the mover waits for it to come back and to take the routes."""
    ended("move", context, "--until", "copy", bank=bank)
    with _held_open(bank, context) as held, begun("move", context, bank=bank) as mover:
        wait_for(lambda: _in_phase(bank, context, "look"), 90, "the mover looks")
        bank.kill("gateway")
        held.rollback()
        said, _ = mover.communicate(timeout=120)
    assert mover.returncode == 0, said
    wait_for(bank.ready, 60, "the gateway is back", bank.said)
    served = httpx.get(f"{bank.url}/api/{context}", timeout=10).headers["X-Served-By"]
    return f"served by {served}"


def _kill_relay(bank: Bank, context: str) -> str:
    del context
    bank.kill("relay")
    return ""


def _lose_slot(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    with psycopg.connect(superuser(bank, context), autocommit=True) as opened:
        opened.execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots"
            " where slot_name = %s and active",
            (f"vortex_{context}_to_service",),
        )
        wait_for(lambda: _dropped(opened, context), 30, "the slot is dropped")
    return ""


def _dropped(opened: psycopg.Connection[Any], context: str) -> bool:
    try:
        opened.execute("select pg_drop_replication_slot(%s)", (f"vortex_{context}_to_service",))
    except psycopg.errors.ObjectInUse:
        return False
    except psycopg.errors.UndefinedObject:
        return True
    return True


def _kill_target(bank: Bank, context: str) -> str:
    ended("move", context, "--until", "copy", bank=bank)
    pid = Bank(bank.home / "services" / context).pid("postgres")
    os.killpg(pid, signal.SIGKILL)
    Event().wait(0.5)
    return ""
