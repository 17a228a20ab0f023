"""The matrix of faults: each happens under load, the move is given again, and all must be zero.

`python -m tests.topologies.matrix` also runs the negative controls: moves that leave something out,
which must be found out. CONTEXT=accounts takes another context; ONLY=killed,Ctrl-C takes faults and
controls by parts of their names.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bank import Bank, place
from tests.chaos.ledger import open_customers
from tests.topologies import disks
from tests.topologies.controls import Control, controls
from tests.topologies.faults import Fault, faults
from tests.topologies.proof import database, extraction, markdown, settle
from tests.topologies.writers import Load, kind_of


@dataclass(frozen=True)
class Outcome:
    """What one fault came to. `ending` begins with NOT where it was not survived."""

    fault: str
    ending: str
    errors: int = 0
    seconds: float = 0.0


def meet(bank: Bank, context: str, fault: Fault, load: Load) -> Outcome:
    """Let a fault happen, give the command again, go back; return what it came to."""
    begun, before = time.monotonic(), len(load.errors())
    said = fault.happen(bank, context)
    ending = _again_and_back(bank, context)
    if not ending and fault.says not in said:
        ending = f"NOT TOLD: {said[-200:]}"
    errors = load.errors()[before:]
    if not ending and errors and not fault.errors:
        ending = f"NOT WITHOUT ERRORS: {errors[0][:120]}"
    return Outcome(fault.name, ending or "ended, and back", len(errors), time.monotonic() - begun)


def _again_and_back(bank: Bank, context: str) -> str:
    """Give the command of the move again where it has not ended, then go back."""
    state = extraction(bank, "status", context)[context]
    if state["place"] == "monolith" or state["last"]["state"] == "running":
        again = extraction(bank, "move", context, "--patience", "60", check=False)
        if again["exit_code"] and "is out already" not in str(again.get("error")):
            return f"NOT ENDED: {again.get('error')}"
    back = extraction(bank, "rollback", context, "--patience", "60", check=False)
    return f"NOT BACK: {back.get('error')}" if back["exit_code"] else ""


def meet_all(bank: Bank, context: str, wanted: list[Fault]) -> list[Outcome]:
    """Meet faults of one kind of bank, one after the other, under one load."""
    customers = open_customers(bank)
    with database(bank, context) as opened:
        kind = kind_of(context, opened)
    outcomes = []
    # Rested, so that an hour of faults does not end with a bank that takes a minute to compare.
    with Load(bank, customers, kind, rest_seconds=0.1) as load:
        for fault in wanted:
            outcomes.append(meet(bank, context, fault, load))
            _tell(outcomes[-1])
    with database(bank, context) as opened:
        settle(opened)
        verdict = kind.verdict(opened)
    zero = not (verdict.lost or verdict.doubled)
    ending = f"{verdict.writes} writes, {verdict.lost} lost, {verdict.doubled} doubled"
    return [*outcomes, Outcome("all of them together", ending if zero else f"NOT ZERO: {ending}")]


def try_without(control: Control) -> Outcome:
    """Leave something out in a bank of its own."""
    with _bank("whole") as bank:
        found_out = control.move(bank, open_customers(bank))
    outcome = Outcome(control.name, found_out or "NOT FOUND OUT")
    _tell(outcome)
    return outcome


@contextmanager
def _bank(kind: str) -> Iterator[Bank]:
    with place() as directory:
        home = directory / "home"
        bank = Bank(home, topology="split:auth" if kind == "apart" else "")
        with disks.small_disks(home) if kind == "small" else _as_it_is():
            bank.open(DEMO="0")
            try:
                yield bank
            finally:
                bank.close()


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def main() -> int:
    """Meet every fault; 1 where one was not survived, or where a control was not found out."""
    context = os.environ.get("CONTEXT", "transactions")
    named = os.environ.get("ONLY", "").split(",")
    outcomes: list[Outcome] = []
    for kind in ("whole", "apart", "small"):
        wanted = [f for f in faults() if f.bank == kind and any(n in f.name for n in named)]
        if kind == "small" and not disks.can_mount():
            outcomes += [Outcome(fault.name, "left out: it needs root") for fault in wanted]
        elif wanted:
            with _bank(kind) as bank:
                outcomes += meet_all(bank, context, wanted)
    if context == "transactions":
        wanted_controls = [c for c in controls() if any(name in c.name for name in named)]
        outcomes += [try_without(control) for control in wanted_controls]
    rows = [["fault", "what became of it", "errors"]]
    rows += [[outcome.fault, outcome.ending, str(outcome.errors)] for outcome in outcomes]
    sys.stdout.write(f"\n{markdown(rows)}\n")
    return 1 if any(outcome.ending.startswith("NOT") for outcome in outcomes) else 0


def _tell(outcome: Outcome) -> None:
    sys.stdout.write(f"{outcome.seconds:6.1f} s  {outcome.fault}: {outcome.ending}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
