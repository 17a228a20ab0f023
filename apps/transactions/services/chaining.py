"""Adding postings to the tamper-evident chain, after the fact, and proving that it holds.

Posting never waits for the chain: it hears of postings as everybody does and adds them in batches.
Whoever adds locks the one row of the head first, so there is one chain and no fork. A posting that
is changed, removed or put in behind the bank's back breaks every link from there on; what an
attacker with the database could still do is to write the whole chain anew, which is why the head's
hash belongs outside: `ledger chain head` prints it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.domain.chain import START, link
from apps.transactions.models import ChainHead, ChainLink
from vortex.db import unit_of_work

_PAGE: Final = 1_000


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold, and how."""

    seq: int
    what: str


def append(*, posting_ids: Sequence[UUID], at: datetime) -> int:
    """Add postings to the chain in this order; those that are in it already stay where they are.

    Returns how many were added.
    """
    with unit_of_work("transactions"):
        head = ChainHead.objects.select_for_update().get(pk=1)
        known = selectors.chained(posting_ids=posting_ids)
        fresh = [posting_id for posting_id in dict.fromkeys(posting_ids) if posting_id not in known]
        contents = selectors.chained_postings(posting_ids=fresh)
        links = []
        seq, before = head.seq, bytes(head.hash)
        for posting_id in fresh:
            seq += 1
            before = link(before, seq, contents[posting_id])
            links.append(ChainLink(seq=seq, posting_id=posting_id, hash=before, chained_at=at))
        ChainLink.objects.bulk_create(links)
        head.seq, head.hash = seq, before
        head.save(update_fields=["seq", "hash"])
        return len(links)


def verify() -> Iterator[Break]:
    """Compute every link anew and say where the chain does not hold; nothing where it does."""
    head = selectors.chain_head()
    seq, before = 0, START
    while links := selectors.chain_links(after=seq, limit=_PAGE):
        contents = selectors.chained_postings(posting_ids=[one.posting_id for one in links])
        for one in links:
            if one.seq != seq + 1:
                yield Break(one.seq, f"the links after {seq} are missing")
            seq, posting = one.seq, contents.get(one.posting_id)
            if posting is None:
                yield Break(seq, f"posting {one.posting_id} is missing")
            elif link(before, seq, posting) != bytes(one.hash):
                yield Break(seq, f"posting {one.posting_id} is not what was chained")
            before = bytes(one.hash)
    if seq < head.seq or (seq == head.seq and before != bytes(head.hash)):
        yield Break(head.seq, "the chain ends before its head")
