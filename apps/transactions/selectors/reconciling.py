"""Comparisons of an account with a statement of it, and the entries that they compare."""

from datetime import date
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import ReconciliationNotFound
from apps.transactions.domain.reconciling import Ours
from apps.transactions.models import Reconciliation, ReconciliationItem
from vortex.db import alias_of

_BETWEEN: Final = """
select p.id, p.effective_date, e.amount_minor, p.description
  from transactions_entry e join transactions_posting p on p.id = e.posting_id
 where e.account_id = %s and p.effective_date between %s and %s
 order by e.version limit %s
"""


def entries_between(*, account_id: UUID, first: date, last: date, limit: int) -> list[Ours]:
    """Return the entries of an account that count between two days, both included."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_BETWEEN, (account_id, first, last, limit))
        return [Ours(i, d, int(a), t) for i, d, a, t in cursor.fetchall()]


def reconciliation_of_owner(*, reconciliation_id: UUID, owner_id: UUID) -> Reconciliation:
    """Return a customer's own comparison; anyone else's does not exist."""
    found = Reconciliation.objects.filter(pk=reconciliation_id, owner_id=owner_id).first()
    if found is None:
        raise ReconciliationNotFound(reconciliation_id=str(reconciliation_id))
    return found


def reconciliations_of_owner(
    *, owner_id: UUID, after: tuple[UUID] | None, limit: int
) -> list[Reconciliation]:
    """Return a customer's comparisons, newest first."""
    found = Reconciliation.objects.filter(owner_id=owner_id)
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:limit])


def reconciliation_items(
    *, reconciliation_id: UUID, kind: str, after: tuple[int] | None, limit: int
) -> list[ReconciliationItem]:
    """Return what was found, in the order of days, of one kind where one is named."""
    found = ReconciliationItem.objects.filter(reconciliation_id=reconciliation_id)
    if kind:
        found = found.filter(kind=kind)
    if after is not None:
        found = found.filter(position__gt=after[0])
    return list(found.order_by("position")[:limit])
