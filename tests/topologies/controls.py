"""Negative controls: a move that leaves something out, which the proof must find out.

A proof that passes without the fence, or without the margin of the sequences, proves nothing. What
is broken on purpose stays broken, so each control has a bank of its own and is its last use. Relays
that are wrong need no bank: they are tests of the outbox, which the matrix runs for its table.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import psycopg

from tests.bank import ROOT, Bank, wait_for
from tests.chaos.ledger import Customer
from tests.topologies.commands import begun, ended, superuser
from tests.topologies.numbers import missed, settle
from tests.topologies.proof import WRITES_BETWEEN, database
from tests.topologies.writers import Load, Transfers, balances

CONTEXT = "transactions"
_CHEAT = "tests.topologies.dying"
_TESTS = "tests/kernel/outbox/test_controls.py"
_CATCH_UP_SECONDS = 10.0


@dataclass(frozen=True)
class Control:
    """Something that is left out; trying it returns how that was found out, "" if it was not."""

    name: str
    move: Callable[[Bank, list[Customer]], str] | None = None
    test: str = ""  # of tests/kernel/outbox/test_controls.py, where no bank is needed
    finds: str = ""


def without_the_fence(bank: Bank, customers: list[Customer]) -> str:
    """Move while some writers are slow to commit: nobody waits for those in flight.

    Others begin to write as soon as the new owner says that it is one. Whoever comes late to the
    old one is refused by the guards of its tables, with the fence and without it. The comparison
    in the move is left out too: it would find this out first, and what is tried here is whether
    the log of the customers finds it out by itself.
    """
    ended("move", CONTEXT, "--until", "copy", bank=bank)
    with database(bank, CONTEXT) as opened:
        kind = Transfers(balances(opened))
    cheat = "fence:unfenced,sequences:late,watch:skip"
    with (
        Load(bank, customers, kind) as load,
        begun(cheat, "move", CONTEXT, bank=bank, module=_CHEAT) as mover,
    ):
        wait_for(lambda: _owns(bank) or mover.poll() is not None, 120, "the service owns the data")
        with Load(bank, customers, kind) as others:
            said, _ = mover.communicate(timeout=300)
            wait_for(
                lambda: load.errors() or others.errors() or others.acknowledged() > WRITES_BETWEEN,
                120,
                "people pay there",
                lambda: said,
            )
    code = mover.returncode
    if code:
        return f"the mover found it out: {said.strip().splitlines()[-1][:160]}"
    with database(bank, CONTEXT, service=True) as opened:
        Event().wait(_CATCH_UP_SECONDS)  # whatever was late by no more than this is not lost
        missing, wrong = kind.missing(opened), kind.wrong(opened)
    if not missing and not wrong:
        return ""
    return (
        f"the customers' log: of {len(kind.told()):,} transfers {len(missing)} are gone,"
        f" and {len(wrong)} of {len(customers)} balances are wrong"
    )


def _owns(bank: Bank) -> bool:
    statement = "select 1 from topology_owner where context = %s and owner = 'here'"
    with database(bank, CONTEXT, service=True) as opened:
        return opened.execute(statement, (CONTEXT,)).fetchone() is not None


def without_the_margin(bank: Bank, customers: list[Customer]) -> str:
    """Move so that the new owner gives numbers which the old one has given.

    The relays of both sides sleep, so that there are events under those numbers when they move.
    """
    ended("move", CONTEXT, "--until", "copy", bank=bank)
    with _asleep(bank), Load(bank, customers, Transfers()) as load:
        wait_for(lambda: load.acknowledged() > 10 * WRITES_BETWEEN, 120, "there are numbers")
        _number_from_the_first_that_waits(bank)
        code, said = ended("sequences:skip", "move", CONTEXT, bank=bank, module=_CHEAT)
        before = load.acknowledged()
        wait_for(
            lambda: load.errors() or load.acknowledged() > before + 10 * WRITES_BETWEEN,
            120,
            "numbers are given twice",
        )
    if code:
        return f"the mover found it out: {said.strip().splitlines()[-1][:160]}"
    if load.errors():
        return f"the customers: {len(load.errors())} error answers, first {_short(load.errors())}"
    with database(bank, CONTEXT, service=True) as opened:
        try:
            settle(opened)
        except AssertionError:
            row = opened.execute(_TWICE).fetchone()
            assert row is not None
            return f"the relay: {row[0]} events cannot leave, because {row[1]} numbers stand twice"
        gaps = missed(CONTEXT, opened, [opened], load.begun_at)
    return f"those who hear events: {gaps} numbers are missing" if gaps else ""


_TWICE = """
select count(*), (select count(*) from (
         select id from outbox_message group by id having count(*) > 1) as twice)
  from outbox_message
"""


@contextmanager
def _asleep(bank: Bank) -> Iterator[None]:
    """Let the relays of both sides sleep for the length of a block."""
    relays = [side.pid("relay") for side in (bank, Bank(bank.home / "services" / CONTEXT))]
    for pid in relays:
        os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in relays:
            os.killpg(pid, signal.SIGCONT)


def relay(test: str, finds: str) -> str:
    """Run a test of a relay that is wrong; it passes where the wrong was found out."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n0",
            "-q",
            "-p",
            "no:cacheprovider",
            f"{_TESTS}::{test}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return finds if done.returncode == 0 and " passed" in done.stdout else ""


def controls() -> list[Control]:
    """Return the controls; their names say what is taken away."""
    return [
        Control("the fence, and the comparison in the move", without_the_fence),
        Control("the margin of the sequences", without_the_margin),
        Control(
            "the leases of the relay: rows are taken with SKIP LOCKED",
            test="test_two_relays_that_lock_rows_give_one_key_to_both_and_are_found_out",
            finds="those who hear events: a number came out of its order, a gap is written down",
        ),
        Control(
            "the order of commits: the relay follows a cursor",
            test="test_a_relay_that_follows_a_cursor_loses_who_commits_late_and_is_found_out",
            finds="those who hear events: the number of the late commit is missing",
        ),
    ]


def _short(errors: list[str]) -> str:
    return errors[0][:80].replace("\n", " ").replace("|", "/")


def _number_from_the_first_that_waits(bank: Bank) -> None:
    """Let the service's database give the number of the oldest event that waits, and so on."""
    with database(bank, CONTEXT) as opened:
        row = opened.execute("select min(id) from outbox_message").fetchone()
    assert row is not None
    with psycopg.connect(superuser(bank, CONTEXT, service=True), autocommit=True) as service:
        service.execute(
            "select setval(pg_get_serial_sequence('outbox_message', 'id'), %s, false)", row
        )
