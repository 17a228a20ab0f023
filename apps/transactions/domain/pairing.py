"""Finding transfers between one's own accounts that came in as two transactions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

DAYS_APART: Final = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """Money that left one own account, and as much that reached another about then."""

    out_posting_id: UUID
    in_posting_id: UUID
    out_account_id: UUID
    in_account_id: UUID
    amount_minor: int
    currency: str
    out_date: date
    in_date: date


def paired(
    candidates: Sequence[Candidate],
    *,
    rejected: Collection[tuple[UUID, UUID]],
    taken: Collection[UUID],
) -> list[Candidate]:
    """Return pairs in which each transaction stands once, those nearest in time first.

    What was rejected stays rejected; what is in a pair already is in no other.
    """
    used = set(taken)
    found = []
    nearest_first = sorted(
        candidates,
        key=lambda one: (
            abs((one.in_date - one.out_date).days),
            one.in_date < one.out_date,
            one.out_date,
            one.out_posting_id,
            one.in_posting_id,
        ),
    )
    for one in nearest_first:
        pair = (one.out_posting_id, one.in_posting_id)
        if pair in rejected or not used.isdisjoint(pair):
            continue
        used.update(pair)
        found.append(one)
    return found
