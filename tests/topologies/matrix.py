"""The matrix of faults: each happens under load, the move is given again, and all must be zero.

`python -m tests.topologies.matrix` also runs the negative controls: moves that leave something out,
which must be found out. CONTEXT=accounts takes another context; ONLY=killed,Ctrl-C takes faults and
controls by parts of their names; PAGE=docs/reference/proof.md writes their rows into its tables.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bank import Bank, place
from tests.chaos.ledger import Customer, open_customers
from tests.topologies import disks
from tests.topologies.controls import Control, controls, relay
from tests.topologies.faults import Fault, faults
from tests.topologies.numbers import missed, settle
from tests.topologies.pages import markdown, publish
from tests.topologies.proof import BUILT, database, extraction
from tests.topologies.writers import Load, kind_of

_FAULTS = ["phase", "fault", "how it ended", "writes", "lost", "doubled", "errors", "gaps"]
_CONTROLS = ["what is taken away", "what finds it out"]


@dataclass(frozen=True)
class Outcome:
    """What one fault came to. `ending` begins with NOT where it was not survived."""

    phase: str
    fault: str
    ending: str
    writes: int = 0
    lost: int = 0
    doubled: int = 0
    errors: int = 0
    gaps: int = 0

    @property
    def survived(self) -> bool:
        """Whether all is as it should be."""
        return not self.ending.startswith("NOT")


def meet(bank: Bank, context: str, fault: Fault, customers: list[Customer]) -> Outcome:
    """Let a fault happen under load, give the command again, go back; return what it came to."""
    with database(bank, context) as opened:
        kind = kind_of(context, opened)
    # Rested, so that an hour of faults does not end with a bank that takes a minute to compare.
    with Load(bank, customers, kind, rest_seconds=0.1) as load:
        ending = _happened(bank, context, fault)
        ending = _again_and_back(bank, context) or ending
    return _judged(bank, fault, load, ending)


def _happened(bank: Bank, context: str, fault: Fault) -> str:
    """Let it happen; return "" where what was said about it is what should be."""
    try:
        said = fault.happen(bank, context)
    except AssertionError as wrong:
        return f"NOT AS IT SHOULD: {str(wrong)[-200:]}"
    return "" if fault.says in said else f"NOT TOLD: {said[-200:]}"


def _judged(bank: Bank, fault: Fault, load: Load, ending: str) -> Outcome:
    """Hold the log of the customers, and what was heard of them, against the databases."""
    kind, errors = load.kind, load.errors()
    if not ending and errors and not fault.errors:
        ending = f"NOT WITHOUT ERRORS: {errors[0][:120]}"
    with ExitStack() as stack:
        homes = {name: stack.enter_context(database(bank, name)) for name in BUILT}
        said_by = homes[kind.context]
        settle(said_by)
        gaps = missed(kind.context, said_by, list(homes.values()), load.begun_at)
        verdict = kind.verdict(said_by)
    if not ending and (verdict.lost or verdict.doubled or gaps):
        ending = "NOT ZERO"
    if not ending and not verdict.writes:
        ending = "NOT WRITTEN TO"
    ending = ending or f"{fault.ends}, and back"
    counted = asdict(verdict) | {"errors": len(errors), "gaps": gaps}
    return Outcome(fault.phase, fault.name, ending, **counted)


def _again_and_back(bank: Bank, context: str) -> str:
    """Give the command of the move again, which ends it where it has not ended, then go back."""
    again = extraction(bank, "move", context, "--patience", "60", check=False)
    if again["exit_code"] and "is out already" not in str(again.get("error")):
        return f"NOT ENDED: {again.get('error')}"
    back = extraction(bank, "rollback", context, "--patience", "60", check=False)
    return f"NOT BACK: {back.get('error')}" if back["exit_code"] else ""


def meet_all(bank: Bank, context: str, wanted: list[Fault]) -> Iterator[Outcome]:
    """Meet faults of one kind of bank, one after the other, each under a load of its own."""
    customers = open_customers(bank)
    for fault in wanted:
        begun = time.monotonic()
        outcome = meet(bank, context, fault, customers)
        _tell(time.monotonic() - begun, *_cells(outcome))
        yield outcome


def try_without(control: Control) -> list[str]:
    """Leave something out in a bank of its own; return what was, and what found it out."""
    begun = time.monotonic()
    if control.move is None:
        found_out = relay(control.test, control.finds)
    else:
        with _bank("whole") as bank:
            found_out = control.move(bank, open_customers(bank))
    row = [control.name, found_out or "NOT FOUND OUT"]
    _tell(time.monotonic() - begun, *row)
    return row


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
    named = [name for name in os.environ.get("ONLY", "").split(",") if name] or [""]
    outcomes: list[Outcome] = []
    for kind in ("whole", "apart", "small"):
        wanted = [f for f in faults() if f.bank == kind and any(n in f.name for n in named)]
        if kind == "small" and not disks.can_mount():
            outcomes += [Outcome(f.phase, f.name, "left out: it needs root") for f in wanted]
        elif wanted:
            with _bank(kind) as bank:
                for outcome in meet_all(bank, context, wanted):
                    outcomes.append(outcome)
                    _publish([outcome], [])
    tried: list[list[str]] = []
    if context == "transactions":
        wanted_controls = [c for c in controls() if any(name in c.name for name in named)]
        for control in wanted_controls:
            tried.append(try_without(control))
            _publish([], tried)
    sys.stdout.write(f"\n{markdown([_FAULTS, *map(_cells, outcomes)])}\n")
    found_out = all(not row[1].startswith("NOT") for row in tried)
    return 0 if found_out and all(outcome.survived for outcome in outcomes) else 1


def _publish(outcomes: list[Outcome], tried: list[list[str]]) -> None:
    page = os.environ.get("PAGE", "")
    met = [_FAULTS, *map(_cells, outcomes)]
    names = [fault.name for fault in faults()]
    if page and outcomes:
        publish(Path(page), "faults", met, key=1, order=names)
    if page and tried:
        order = [control.name for control in controls()]
        publish(Path(page), "controls", [_CONTROLS, *tried], key=0, order=order)


def _cells(outcome: Outcome) -> list[str]:
    counted = (outcome.writes, outcome.lost, outcome.doubled, outcome.errors, outcome.gaps)
    ending = outcome.ending.replace("|", "/").replace("\n", " ")
    return [outcome.phase, outcome.fault, ending, *(f"{number:,}" for number in counted)]


def _tell(seconds: float, *words: str) -> None:
    sys.stdout.write(f"{seconds:6.1f} s  {'  '.join(words)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
