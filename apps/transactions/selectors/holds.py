"""Reads of money set aside, and of what has been undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from apps.transactions.contracts import HoldNotFound, PostingNotFound
from apps.transactions.models import Hold, PartialReversal, Review
from apps.transactions.selectors.keeping import payable_account_ids

# States of a review that a payer sees in the place of the hold's own.
_APART: Final = ("open", "rejected")


def hold(*, hold_id: UUID) -> Hold:
    """Return a hold, whoever's it is; for the bank's own use."""
    found = Hold.objects.filter(pk=hold_id).first()
    if found is None:
        raise HoldNotFound(hold_id=str(hold_id))
    return found


def _with_reviews(rows: QuerySet[Hold]) -> QuerySet[Hold]:
    """Add to each hold how its review stands, None where nobody had to look at it."""
    known = Review.objects.filter(pk=OuterRef("pk")).values("state")
    return rows.annotate(review=Subquery(known))


def pending_of_owner(*, transaction_id: UUID, owner_id: UUID) -> Hold:
    """Return the payer's own pending transaction, whatever became of it; no other exists."""
    rows = Hold.objects.filter(pk=transaction_id, target_account_id__isnull=False)
    found = _with_reviews(rows).first()
    if found is None or found.account_id not in payable_account_ids(user_id=owner_id):
        raise PostingNotFound(posting_id=str(transaction_id))
    return found


def pendings_of_owner(
    *,
    owner_id: UUID,
    state: str,
    reviews: Sequence[str],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Hold]:
    """Return a payer's pending transactions in a state, newest first, beyond `after`.

    `reviews` are the states of a review that are wanted, empty for none: of those in which the
    payer sees the hold as what it is.
    """
    own = payable_account_ids(user_id=owner_id)
    rows = _with_reviews(
        Hold.objects.filter(account_id__in=own, target_account_id__isnull=False, state=state)
    )
    looked_at = Review.objects.filter(pk=OuterRef("pk"), state__in=reviews or _APART)
    rows = rows.filter(Exists(looked_at) if reviews else ~Exists(looked_at))
    if after is not None:
        at, hold_id = after
        rows = rows.filter(placed_at__lte=at).exclude(placed_at=at, id__gte=hold_id)
    return list(rows.order_by("-placed_at", "-id")[:limit])


def due_holds(*, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of holds whose time is over, those that wait longest first."""
    due = Hold.objects.filter(state="placed", expires_at__lte=now).order_by("expires_at")
    return list(due.values_list("id", flat=True)[:limit])


def undoes(*, posting_id: UUID) -> bool:
    """Say whether a posting undoes a part of another."""
    return PartialReversal.objects.filter(pk=posting_id).exists()
