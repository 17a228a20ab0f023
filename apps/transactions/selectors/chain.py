"""Reads of the chain and of the postings as the chain holds them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions.domain.chain import ChainedEntry, ChainedPosting
from apps.transactions.models import ChainHead, ChainLink, Entry, Posting
from vortex.db import alias_of

_UNCHAINED: Final = """
select count(*) from transactions_posting p
 where not exists (select from transactions_chain_link c where c.posting_id = p.id)
"""


def chain_head() -> ChainHead:
    """Return the end of the chain."""
    return ChainHead.objects.get(pk=1)


def chain_links(*, after: int, limit: int) -> list[ChainLink]:
    """Return links beyond a place, in order."""
    return list(ChainLink.objects.filter(seq__gt=after).order_by("seq")[:limit])


def chained(*, posting_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these postings that are in the chain."""
    known = ChainLink.objects.filter(posting_id__in=posting_ids)
    return set(known.values_list("posting_id", flat=True))


def unchained_count() -> int:
    """Return how many postings wait for their place in the chain; it reads all of them."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_UNCHAINED)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def chained_postings(*, posting_ids: Sequence[UUID]) -> dict[UUID, ChainedPosting]:
    """Return postings with their entries, as they stand now."""
    postings = list(Posting.objects.filter(pk__in=posting_ids))
    months = {posting.booked_at for posting in postings}  # or all of them would be looked through
    entries: dict[UUID, list[ChainedEntry]] = {}
    for entry in Entry.objects.filter(posting_id__in=posting_ids, booked_at__in=months):
        entries.setdefault(entry.posting_id, []).append(
            ChainedEntry(
                account_id=entry.account_id,
                version=entry.version,
                amount_minor=entry.amount_minor,
                currency=entry.currency,
                balance_after_minor=entry.balance_after_minor,
            )
        )
    return {
        posting.id: ChainedPosting(
            posting_id=posting.id,
            kind=posting.kind,
            description=posting.description,
            category=posting.category,
            counterparty=posting.counterparty,
            reference=posting.reference,
            booked_at=posting.booked_at,
            effective_date=posting.effective_date,
            actor_id=posting.actor_id,
            reverses_id=posting.reverses_id,
            entries=tuple(entries.get(posting.id, ())),
        )
        for posting in postings
    }
