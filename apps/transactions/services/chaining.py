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
from apps.transactions.domain.chain import START, ChainedPosting, link
from apps.transactions.models import ChainHead, ChainLink
from vortex.db import arrays, unit_of_work
from vortex.db.prepared import fetch

_PAGE: Final = 1_000
_APPEND: Final = """
insert into transactions_chain_link (seq, posting_id, hash, chained_at)
select %(first)s + place - 1, posting_id, hash, %(at)s
  from unnest(%(postings)s, %(hashes)s) with ordinality as t (posting_id, hash, place)
 order by place returning seq
"""


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
        first, before, hashes = head.seq + 1, bytes(head.hash), []
        for seq, posting_id in enumerate(fresh, first):
            before = link(before, seq, contents[posting_id])
            hashes.append(before)
        asked = {
            "first": first,
            "postings": arrays.uuids(fresh),
            "hashes": arrays.octets(hashes),
            "at": at,
        }
        fetch("transactions", _APPEND, asked)
        head.seq, head.hash = head.seq + len(fresh), before
        head.save(update_fields=["seq", "hash"])
        return len(fresh)


def verify(*, first: int = 1, last: int | None = None) -> Iterator[Break]:
    """Compute links anew and say where the chain does not hold; nothing where it does.

    All of them, or those from `first` to `last`: then the link before the first is taken as it
    stands, and only the whole proves the whole.
    """
    head = selectors.chain_head()
    seq, before = _before(first)
    while links := selectors.chain_links(after=seq, limit=_PAGE):
        links = [one for one in links if last is None or one.seq <= last]
        contents = selectors.chained_postings(posting_ids=[one.posting_id for one in links])
        for one in links:
            yield from _breaks_at(one, seq, before, contents.get(one.posting_id))
            seq, before = one.seq, bytes(one.hash)
        if last is not None and (not links or seq >= last):
            return
    if seq < head.seq or (seq == head.seq and before != bytes(head.hash)):
        yield Break(head.seq, "the chain ends before its head")


def _breaks_at(
    one: ChainLink, seq: int, before: bytes, posting: ChainedPosting | None
) -> Iterator[Break]:
    """Say what is wrong with a link after the one at `seq`."""
    if one.seq != seq + 1:
        yield Break(one.seq, f"the links after {seq} are missing")
    if posting is None:
        yield Break(one.seq, f"posting {one.posting_id} is missing")
    elif link(before, one.seq, posting) != bytes(one.hash):
        yield Break(one.seq, f"posting {one.posting_id} is not what was chained")


def _before(first: int) -> tuple[int, bytes]:
    """Return the place and the hash before a link."""
    if first <= 1:
        return 0, START
    before = selectors.chain_links(after=first - 2, limit=1)
    return (before[0].seq, bytes(before[0].hash)) if before else (first - 1, START)
