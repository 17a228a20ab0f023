"""The matrix of faults: each happens under load, the move is given again, and all must be zero.

`python -m tests.topologies.matrix` also runs the negative control: a move without its fence, which
must be found out. CONTEXT=accounts takes another context; ONLY=killed takes faults by their name.
"""

import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.bank import Bank, place
from tests.chaos.ledger import Customer, open_customers
from tests.topologies.faults import Fault, ended, faults
from tests.topologies.proof import database, extraction, markdown, settle
from tests.topologies.writers import Load, Transfers, kind_of
from vortex.embedded import endpoints


@dataclass(frozen=True)
class Outcome:
    """What one fault came to."""

    fault: str
    ended: str
    errors: int
    seconds: float


class Door(Bank):
    """The bank, entered through the service of a context."""

    def __init__(self, bank: Bank, context: str) -> None:
        super().__init__(bank.home)
        found = endpoints.read(bank.home / "services" / context)
        assert found is not None
        self.url = found["VORTEX_SELF_URL"]


def meet(bank: Bank, context: str, fault: Fault, load: Load) -> Outcome:
    """Let a fault happen, give the command again, go back; return what it came to."""
    begun, before = time.monotonic(), len(load.errors())
    said = fault.happen(bank, context)
    told = fault.says in said
    place_now = str(extraction(bank, "status", context)[context]["place"])
    if place_now == "monolith" or "after open" in fault.name or "watch" in fault.name:
        again = extraction(bank, "move", context, "--patience", "60", check=False)
        if again["exit_code"] and "is out already" not in str(again.get("error")):
            return Outcome(fault.name, f"NOT ENDED: {again.get('error')}", 0, 0)
    back = extraction(bank, "rollback", context, "--patience", "60", check=False)
    if back["exit_code"]:
        return Outcome(fault.name, f"NOT BACK: {back.get('error')}", 0, 0)
    ending = "ended, and back" if told else f"NOT TOLD: {said[-200:]}"
    errors = load.errors()[before:]
    if errors:
        ending += f" ({errors[0][:80]})"
    return Outcome(fault.name, ending, len(errors), time.monotonic() - begun)


def control(bank: Bank, customers: list[Customer]) -> str:
    """Move without a fence while both doors are used; return how it was found out, "" if not."""
    with database(bank, "transactions") as opened:
        settle(opened)
    here, there = Transfers(), Transfers()
    # A gateway that has changed sides a moment before the monolith closes.
    with Load(bank, customers, here), Load(Door(bank, "transactions"), customers, there):
        code, said = ended(
            "fence:skip,drain:skip,open:slow",
            "move",
            "transactions",
            bank=bank,
            module="tests.topologies.dying",
        )
    with database(bank, "transactions", service=True) as opened:
        posted = _ids(opened)
    missing = (set(here.acknowledged) | set(there.acknowledged)) - posted
    if code:
        return f"the mover found it out: {said.strip().splitlines()[-1][:160]}"
    return f"{len(missing)} acknowledged writes are gone" if missing else ""


def _ids(opened: psycopg.Connection[Any]) -> set[str]:
    return {str(i) for (i,) in opened.execute("select id from transactions_posting").fetchall()}


def main() -> int:
    """Meet every fault; 1 where one was not survived, or where the control was not found out."""
    context = os.environ.get("CONTEXT", "transactions")
    wanted = [fault for fault in faults() if os.environ.get("ONLY", "") in fault.name]
    outcomes: list[Outcome] = []
    with place() as directory:
        bank = Bank(directory / "home")
        bank.open(DEMO="0")
        try:
            customers = open_customers(bank)
            with database(bank, context) as opened:
                kind = kind_of(context, opened)
            with Load(bank, customers, kind) as load:
                for fault in wanted:
                    outcomes.append(meet(bank, context, fault, load))
                    _tell(outcomes[-1])
            with database(bank, context) as opened:
                settle(opened)
                verdict = kind.verdict(opened)
            sys.stdout.write(f"{verdict}\n")
            found_out = control(bank, customers) if context == "transactions" else "not asked"
            sys.stdout.write(f"without the fence: {found_out or 'NOT FOUND OUT'}\n")
        finally:
            bank.close()
    rows = [["fault", "what became of it", "errors"]]
    rows += [[outcome.fault, outcome.ended, str(outcome.errors)] for outcome in outcomes]
    sys.stdout.write(f"\n{markdown(rows)}\n")
    good = all("NOT" not in outcome.ended for outcome in outcomes)
    return 0 if good and found_out and not (verdict.lost or verdict.doubled) else 1


def _tell(outcome: Outcome) -> None:
    sys.stdout.write(f"{outcome.seconds:6.1f} s  {outcome.fault}: {outcome.ended}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
