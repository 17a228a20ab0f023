"""What an import of another bank has to say for itself, for people and for machines."""

from collections.abc import Iterator

from apps.transactions.adapters.banks import BankDump
from apps.transactions.domain.agreement import Verdict
from apps.transactions.management.bank_comparison import Agreement
from apps.transactions.management.bank_import import RefusedMovement, Replay, Survey
from vortex.contracts import Value
from vortex.money import Money


class Report(Value):
    """The whole import in figures. Money is in minor units, differences are ours minus theirs."""

    bank: str
    currency: str
    customers: int
    accounts: int
    accounts_without_movements: int
    disponents: int
    accounts_with_overdraft: int
    first_movements: dict[str, int]
    rows: int
    posted: int
    already_there: int
    seconds: float
    postings_per_second: float
    refusals: dict[str, int]
    refused_examples: tuple[RefusedMovement, ...]
    compared: int
    exact: int
    within_rounding: int
    unexplained: int
    missing: int
    strangers: int
    largest_difference_minor: int
    differences: dict[str, int]
    steps_exact: int
    steps_within_rounding: int
    steps_beyond: int
    examples: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing was refused and every balance is equal to the bank's or explained."""
        return not self.refusals and not self.unexplained


def report(
    dump: BankDump, found: Survey, opened: tuple[int, int], done: Replay, agreement: Agreement
) -> Report:
    """Put the figures of an import together."""
    left_out, steps = dump.left_out(found.accounts), agreement.steps
    near = sum(n for miss, n in steps.items() if 0 < abs(miss) <= dump.printed_step_minor)
    return Report(
        bank=dump.name,
        currency=dump.currency,
        customers=opened[0],
        accounts=opened[1],
        accounts_without_movements=left_out["accounts"],
        disponents=left_out["disponents"],
        accounts_with_overdraft=found.overdrafts,
        first_movements=dict(found.first),
        rows=done.rows,
        posted=done.posted,
        already_there=done.already_there,
        seconds=round(done.seconds, 3),
        postings_per_second=round(done.per_second, 1),
        refusals=dict(done.refusals),
        refused_examples=tuple(done.examples),
        compared=agreement.compared,
        exact=agreement.verdicts[Verdict.EXACT],
        within_rounding=agreement.verdicts[Verdict.ROUNDED],
        unexplained=agreement.unexplained,
        missing=agreement.missing,
        strangers=agreement.strangers,
        largest_difference_minor=agreement.largest_difference_minor,
        differences={str(d): n for d, n in sorted(agreement.differences.items())},
        steps_exact=steps[0],
        steps_within_rounding=near,
        steps_beyond=steps.total() - steps[0] - near,
        examples=tuple(agreement.examples),
    )


def as_text(figures: Report) -> str:
    """Return the report as a person reads it."""
    return "\n".join((*_carried_over(figures), "", *_agreement(figures)))


def _carried_over(figures: Report) -> Iterator[str]:
    yield f"Customers   {figures.customers:>9,}   without a password: nobody can sign in as them"
    yield (
        f"Accounts    {figures.accounts:>9,}   "
        f"{figures.accounts_without_movements:,} more have no movement and were not opened"
    )
    firsts = ", ".join(f"{n:,} with {name.lower()}" for name, n in figures.first_movements.items())
    yield f"                        all begin at zero, without an opening balance: {firsts}"
    yield (
        f"                        {figures.accounts_with_overdraft:,} were let below zero and "
        "got an overdraft as deep, in whole thousands"
    )
    yield f"Disponents  {figures.disponents:>9,}   not carried over: an account has one holder"
    yield (
        f"Rows        {figures.rows:>9,}   {figures.posted:,} posted, "
        f"{figures.already_there:,} were there before"
    )
    yield (
        f"Speed       {figures.postings_per_second:>9,.0f}   postings per second "
        f"({figures.seconds:.1f} s in the ledger)"
    )
    yield f"Refusals    {sum(figures.refusals.values()):>9,}"
    for code, times in sorted(figures.refusals.items()):
        yield f"            {times:>9,}   {code}"
    for refused in figures.refused_examples:
        yield f"                        {refused.reference}: {refused.code}: {refused.detail}"


def _agreement(figures: Report) -> Iterator[str]:
    largest = Money(figures.largest_difference_minor, figures.currency).amount
    yield "Our balance after each movement, beside the one that the bank printed:"
    yield f"Compared    {figures.compared:>9,}"
    yield f"  exact     {figures.exact:>9,}"
    yield f"  rounding  {figures.within_rounding:>9,}   at most {largest} {figures.currency} apart"
    yield f"  unexplained {figures.unexplained:>7,}   ({figures.missing:,} of them missing here)"
    for example in figures.examples:
        yield f"                        {example}"
    if figures.strangers:
        yield f"Other entries {figures.strangers:>7,}   on these accounts are not of these rows"
    yield ""
    yield "The bank's balance, less its balance before, less the amount:"
    yield f"  exact     {figures.steps_exact:>9,}"
    yield f"  one step  {figures.steps_within_rounding:>9,}   of what the bank rounds to"
    yield f"  more      {figures.steps_beyond:>9,}"
    yield ""
    yield from _EXPLANATION


_EXPLANATION = (
    "The bank reckoned finer than it printed: its balances and interest are in tenths of a crown.",
    "Ours are sums of the printed amounts, so each interest line may move them away from the true",
    "balance by 0.05, for good. 'Rounding' is not said of any small difference. It is said when",
    "our balance is the exact sum of the printed amounts, and some history exists in which every",
    "amount but interest is as printed, every interest line is within 0.05 of what is printed, and",
    "every balance up to this row is within 0.05 of the one printed. Where no such history exists,",
    "the row is unexplained.",
)
