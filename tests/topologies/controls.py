"""Negative controls: a move that leaves something out, which the proof must find out.

A proof that passes without the fence, or without the margin of the sequences, proves nothing. What
is broken on purpose stays broken, so each control has a bank of its own and is its last use.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.bank import Bank, wait_for
from tests.chaos.ledger import Customer
from tests.topologies.commands import ended, superuser
from tests.topologies.proof import WRITES_BETWEEN, database
from tests.topologies.writers import Load, Transfers
from vortex.embedded import endpoints

CONTEXT = "transactions"
_CHEAT = "tests.topologies.dying"


@dataclass(frozen=True)
class Control:
    """Something that is left out; `move` returns how that was found out, "" if it was not."""

    name: str
    move: Callable[[Bank, list[Customer]], str]


class Door(Bank):
    """The bank, entered through the service of a context."""

    def __init__(self, bank: Bank, context: str) -> None:
        super().__init__(bank.home, topology="")
        found = endpoints.read(bank.home / "services" / context)
        assert found is not None
        self.url = found["VORTEX_SELF_URL"]


def without_the_fence(bank: Bank, customers: list[Customer]) -> str:
    """Move while both doors are used, as behind a gateway that changes sides a moment before."""
    ended("move", CONTEXT, "--until", "copy", bank=bank)
    here, there = Transfers(), Transfers()
    with Load(bank, customers, here), Load(Door(bank, CONTEXT), customers, there):
        changes = "fence:skip,drain:skip,open:slow"
        code, said = ended(changes, "move", CONTEXT, bank=bank, module=_CHEAT)
    if code:
        return f"the mover found it out: {said.strip().splitlines()[-1][:160]}"
    with database(bank, CONTEXT, service=True) as opened:
        missing = (set(here.acknowledged) | set(there.acknowledged)) - _ids(opened)
    return f"{len(missing)} acknowledged writes are gone" if missing else ""


def without_the_margin(bank: Bank, customers: list[Customer]) -> str:
    """Move so that the new owner gives numbers which the old one has given.

    The old owner's relay sleeps, so that there are events under those numbers when they move.
    """
    ended("move", CONTEXT, "--until", "copy", bank=bank)
    _number_from_one(bank)
    relay = bank.pid("relay")
    os.killpg(relay, signal.SIGSTOP)
    try:
        with Load(bank, customers, Transfers()) as load:
            wait_for(lambda: load.acknowledged() > WRITES_BETWEEN, 120, "there are numbers")
            code, said = ended("sequences:skip", "move", CONTEXT, bank=bank, module=_CHEAT)
            before = load.acknowledged()
            wait_for(
                lambda: load.errors() or load.acknowledged() > before + 10 * WRITES_BETWEEN,
                120,
                "numbers are given twice",
            )
    finally:
        os.killpg(relay, signal.SIGCONT)
    if code:
        return f"the mover found it out: {said.strip().splitlines()[-1][:160]}"
    if load.errors():
        return f"{len(load.errors())} error answers, such as {load.errors()[0][:80]}"
    with database(bank, CONTEXT, service=True) as opened:
        row = opened.execute("select count(*) from inbox_gap").fetchone()
        gaps = int(row[0]) if row else 0
    return f"{gaps} numbers of events are missing" if gaps else ""


def controls() -> list[Control]:
    """Return the controls that need a bank; those of the relay are test_controls.py."""
    return [
        Control("control: without the fence", without_the_fence),
        Control("control: without the margin", without_the_margin),
    ]


def _number_from_one(bank: Bank) -> None:
    with psycopg.connect(superuser(bank, CONTEXT, service=True), autocommit=True) as opened:
        opened.execute(
            "select setval(quote_ident(sequencename)::regclass, 1, false) from pg_sequences"
            " where schemaname = 'public'"
        )


def _ids(opened: psycopg.Connection[Any]) -> set[str]:
    return {str(i) for (i,) in opened.execute("select id from transactions_posting").fetchall()}
