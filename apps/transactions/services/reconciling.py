"""Comparing an account with a statement of it, and keeping what was found; it changes no money."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.adapters.statements import (
    Hints,
    Statement,
    UnreadableStatementError,
    read_content,
)
from apps.transactions.contracts import TransactionReconciled, UnreadableStatement
from apps.transactions.domain.reconciling import Item, ItemKind, Ours, Theirs, compared
from apps.transactions.models import Reconciliation, ReconciliationItem
from apps.transactions.services.attaching import plain_name
from apps.transactions.services.importing import for_a_screen
from vortex.db import unit_of_work
from vortex.outbox import publish

MOST_ENTRIES: Final = 50_000


def reconcile(
    *,
    reconciliation_id: UUID,
    owner_id: UUID,
    account_id: UUID,
    filename: str,
    content: bytes,
    hints: Hints,
    at: datetime,
) -> Reconciliation:
    """Compare the days of a statement with the account's entries of those days.

    Refuses a file that cannot be read whole, since a line that is left out would look missing.
    """
    account = selectors.account_of_owner(account_id=account_id, owner_id=owner_id)
    statement = _read(content, account.currency, hints)
    first, last = _days(statement)
    ours = _entries(account_id, first, last)
    theirs = [Theirs(one.booked_date, one.amount_minor, one.description) for one in statement.lines]
    items = compared(ours, theirs)
    found = Counter(item.kind for item in items)
    made = Reconciliation(
        id=reconciliation_id,
        owner_id=owner_id,
        account_id=account_id,
        filename=plain_name(filename),
        format=statement.format,
        currency=account.currency,
        first_date=first,
        last_date=last,
        matched=found[ItemKind.MATCHED],
        missing_here=found[ItemKind.MISSING_HERE],
        missing_there=found[ItemKind.MISSING_THERE],
        amount_differs=found[ItemKind.AMOUNT_DIFFERS],
        made_at=at,
    )
    _keep(made, items)
    return made


def _read(content: bytes, currency: str, hints: Hints) -> Statement:
    try:
        return read_content(content, currency, hints)
    except UnreadableStatementError as error:
        raise UnreadableStatement(for_a_screen(str(error))) from error


def _days(statement: Statement) -> tuple[date, date]:
    """Return the first and the last day that a statement speaks of."""
    days = [line.booked_date for line in statement.lines]
    if not days:
        raise UnreadableStatement("The statement has no amounts.")
    return min(days), max(days)


def _entries(account_id: UUID, first: date, last: date) -> list[Ours]:
    ours = selectors.entries_between(
        account_id=account_id, first=first, last=last, limit=MOST_ENTRIES + 1
    )
    if len(ours) > MOST_ENTRIES:
        raise UnreadableStatement("The statement covers more entries than can be compared.")
    return ours


def _keep(made: Reconciliation, items: Sequence[Item]) -> None:
    rows = [_row(made.id, place, item) for place, item in enumerate(items, 1)]
    with unit_of_work("transactions"):
        made.save(force_insert=True)
        ReconciliationItem.objects.bulk_create(rows, batch_size=2_000)
        publish(
            TransactionReconciled(
                reconciliation_id=made.id,
                account_id=made.account_id,
                owner_id=made.owner_id,
                matched=made.matched,
                breaks=len(items) - made.matched,
                reconciled_at=made.made_at,
            )
        )


def _row(reconciliation_id: UUID, place: int, item: Item) -> ReconciliationItem:
    ours, theirs = item.ours, item.theirs
    return ReconciliationItem(
        reconciliation_id=reconciliation_id,
        position=place,
        kind=item.kind.value,
        posting_id=ours.posting_id if ours else None,
        booked_date=item.day,
        description=(theirs.description if theirs else "") or (ours.description if ours else ""),
        our_minor=ours.amount_minor if ours else None,
        their_minor=theirs.amount_minor if theirs else None,
    )
