"""Transfers between one's own accounts that came in as two transactions: found, then decided."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from apps.transactions import selectors
from apps.transactions.contracts import TransferPairDecided, TransferPairNotFound
from apps.transactions.domain.pairing import paired
from apps.transactions.models import TransferPair
from apps.transactions.services.annotating import categorize
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.ids import new_id

SINCE: Final = timedelta(days=400)


def suggest(*, owner_id: UUID, at: datetime) -> int:
    """Look for pairs in the last 400 days and write the new ones down; return how many.

    A pair that was rejected is not suggested again, and a transaction is in one pair at a time.
    """
    candidates = selectors.transfer_candidates(owner_id=owner_id, since=(at - SINCE).date())
    with unit_of_work("transactions"):
        known = TransferPair.objects.filter(owner_id=owner_id)
        rejected = set(
            known.filter(state="rejected").values_list("out_posting_id", "in_posting_id")
        )
        standing = known.exclude(state="rejected").values_list("out_posting_id", "in_posting_id")
        taken = {posting_id for pair in standing for posting_id in pair}
        found = paired(candidates, rejected=rejected, taken=taken)
        made = TransferPair.objects.bulk_create(
            [
                TransferPair(
                    id=new_id(),
                    owner_id=owner_id,
                    state="suggested",
                    suggested_at=at,
                    **{name: getattr(one, name) for name in one.__dataclass_fields__},
                )
                for one in found
            ],
            ignore_conflicts=True,
        )
        return len(made)


def confirm(*, pair_id: UUID, owner_id: UUID, at: datetime) -> TransferPair:
    """Say that two transactions are one transfer, and file both as such. Twice is once."""
    with (
        refusing(
            {
                "transactions_transfer_pair_out": TransferPairDecided,
                "transactions_transfer_pair_in": TransferPairDecided,
            }
        ),
        unit_of_work("transactions"),
    ):
        pair = _locked(pair_id, owner_id)
        if not _decide(pair, "confirmed", at):
            return pair
        both = (pair.out_posting_id, pair.in_posting_id)
        for posting_id in both:
            categorize(
                posting_id=posting_id, owner_id=owner_id, category="transfers", changed_at=at
            )
        TransferPair.objects.filter(
            Q(out_posting_id__in=both) | Q(in_posting_id__in=both),
            owner_id=owner_id,
            state="suggested",
        ).delete()
        return pair


def reject(*, pair_id: UUID, owner_id: UUID, at: datetime) -> TransferPair:
    """Say that two transactions have nothing to do with each other; it is remembered."""
    with unit_of_work("transactions"):
        pair = _locked(pair_id, owner_id)
        _decide(pair, "rejected", at)
        return pair


def _decide(pair: TransferPair, state: str, at: datetime) -> bool:
    if pair.state == state:
        return False
    if pair.state != "suggested":
        raise TransferPairDecided(state=pair.state)
    pair.state, pair.decided_at = state, at
    pair.save(update_fields=["state", "decided_at"])
    return True


@needs_transaction("transactions")
def _locked(pair_id: UUID, owner_id: UUID) -> TransferPair:
    found = TransferPair.objects.select_for_update().filter(pk=pair_id, owner_id=owner_id).first()
    if found is None:
        raise TransferPairNotFound(pair_id=str(pair_id))
    return found
