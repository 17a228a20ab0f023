"""Splitting a transaction into parts that are filed apart: beside the ledger, never in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions import selectors
from apps.transactions.contracts import SplitRefused
from apps.transactions.models import Split
from apps.transactions.services.annotating import check_usable
from vortex.db import alias_of, needs_transaction, unit_of_work
from vortex.money import Money

MOST_PARTS: Final = 20


@dataclass(frozen=True)
class Part:
    """A part of a transaction: an amount without sign, and how it is filed."""

    amount: Money
    category: str
    note: str = ""


def split(*, posting_id: UUID, owner_id: UUID, parts: Sequence[Part]) -> list[Split]:
    """Split a customer's side of a posting into parts, in place of those that were there.

    Refuses parts that do not add up, another currency, and a posting that moves money between two
    accounts of one's own, which is filed whole.
    """
    own = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id).entries
    if len(own) != 1:
        raise SplitRefused("a transfer between accounts of one's own is filed whole")
    (entry,) = own
    if not 2 <= len(parts) <= MOST_PARTS:
        raise SplitRefused(f"a split has 2 to {MOST_PARTS} parts")
    if any(part.amount.currency != entry.currency for part in parts):
        raise SplitRefused(f"every part is in {entry.currency}")
    whole = Money(abs(entry.amount_minor), entry.currency)
    total = sum(part.amount.minor for part in parts)
    if total != whole.minor or any(part.amount.minor <= 0 for part in parts):
        raise SplitRefused(f"the parts add up to {whole.amount}", whole=whole.amount)
    sign = 1 if entry.amount_minor > 0 else -1
    with unit_of_work("transactions"):
        for category in sorted({part.category for part in parts}):
            check_usable(category, owner_id)
        _alone(posting_id, owner_id)
        Split.objects.filter(owner_id=owner_id, posting_id=posting_id).delete()
        Split.objects.bulk_create(
            Split(
                owner_id=owner_id,
                posting_id=posting_id,
                position=position,
                amount_minor=sign * part.amount.minor,
                category=part.category,
                note=part.note,
            )
            for position, part in enumerate(parts, 1)
        )
    return selectors.parts_of(posting_id=posting_id, owner_id=owner_id)


def unsplit(*, posting_id: UUID, owner_id: UUID) -> None:
    """File a transaction whole again. A second call finds it whole."""
    with unit_of_work("transactions"):
        _alone(posting_id, owner_id)
        Split.objects.filter(owner_id=owner_id, posting_id=posting_id).delete()


@needs_transaction("transactions")
def _alone(posting_id: UUID, owner_id: UUID) -> None:
    """Wait until nobody else splits this customer's side of the posting."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"{owner_id}:{posting_id}"]
        )
