"""Reading our balances back and judging each by the balance that the other bank printed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from apps.transactions.adapters.banks import BankDump
from apps.transactions.adapters.banks.dump import Movement
from apps.transactions.contracts import EntryLine, Ledger
from apps.transactions.domain.agreement import Comparison, Verdict
from vortex.binding import bind
from vortex.telemetry.progress import Style, progress

_PAGE: Final = 500
_EXAMPLES: Final = 20


@dataclass
class Agreement:
    """How our balances stand to the other bank's. Differences are ours minus theirs."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    differences: Counter[int] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    missing: int = 0
    strangers: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """How many balances were compared."""
        return self.verdicts.total()

    @property
    def unexplained(self) -> int:
        """How many rows of the other bank have no balance here that they explain."""
        return self.verdicts[Verdict.UNEXPLAINED] + self.missing

    @property
    def largest_difference_minor(self) -> int:
        """The largest difference, without its sign."""
        return max((abs(difference) for difference in self.differences), default=0)


def compare(dump: BankDump, *, rows: int, style: Style) -> Agreement:
    """Compare every balance that the first `rows` movements led to, as the ledger tells it now."""
    by_account: dict[UUID, list[Movement]] = {}
    for movement in islice(dump.movements(), rows):
        by_account.setdefault(movement.account_id, []).append(movement)
    result = Agreement()
    with progress("Comparing balances", rows, style=style) as advance:
        for account_id, movements in by_account.items():
            compare_account(result, dump.printed_step_minor, movements, _entries(account_id))
            advance(len(movements))
    return result


def compare_account(
    result: Agreement, step_minor: int, movements: list[Movement], entries: Iterable[EntryLine]
) -> None:
    """Add one account to the agreement. An entry that is not of the dump is a stranger."""
    wanted = {movement.posting_id: movement for movement in movements}
    comparison = Comparison(step_minor)
    for entry in entries:
        movement = wanted.pop(entry.posting_id, None)
        if movement is None:
            result.strangers += 1
            continue
        verdict = comparison.judge(
            amount_minor=movement.amount_minor,
            ours_minor=entry.balance_after_minor,
            theirs_minor=movement.balance_minor,
            rounded=movement.rounded,
        )
        difference = entry.balance_after_minor - movement.balance_minor
        step = comparison.step_difference(movement.amount_minor, movement.balance_minor)
        result.verdicts[verdict] += 1
        result.differences[difference] += 1
        result.steps[step] += 1
        if verdict is Verdict.UNEXPLAINED and len(result.examples) < _EXAMPLES:
            result.examples.append(
                f"{movement.reference}: ours differs by {difference} minor units"
            )
    result.missing += len(wanted)


def _entries(account_id: UUID) -> Iterator[EntryLine]:
    version = 0
    while True:
        page = bind(Ledger).entries(account_id=account_id, after_version=version, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        version = page[-1].version
