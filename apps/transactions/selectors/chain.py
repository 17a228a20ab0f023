"""Reads of the chain and of the postings as the chain holds them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connections

from apps.transactions.domain.chain import ChainedEntry, ChainedPosting
from apps.transactions.models import ChainHead, ChainLink
from vortex.db import alias_of, arrays
from vortex.db.prepared import fetch

_UNCHAINED: Final = """
select count(*) from transactions_posting p
 where not exists (select from transactions_chain_link c where c.posting_id = p.id)
"""
_CHAINED: Final = """
select posting_id from transactions_chain_link where posting_id = any (%(postings)s)
"""
# In the order in which ChainedPosting and ChainedEntry have them.
_POSTINGS: Final = """
select id, kind, description, category, counterparty, reference, booked_at, effective_date,
       actor_id, reverses_id
  from transactions_posting where id = any (%(postings)s)
"""
_BOOKED_AT: Final = 6
# By when they were booked too, or all months would be looked through.
_ENTRIES: Final = """
select e.posting_id, e.account_id, e.version, e.amount_minor, e.currency, e.balance_after_minor
  from unnest(%(postings)s, %(months)s) as p (id, booked_at)
  join transactions_entry e on e.posting_id = p.id and e.booked_at = p.booked_at
"""


def chain_head() -> ChainHead:
    """Return the end of the chain."""
    return ChainHead.objects.get(pk=1)


def chain_links(*, after: int, limit: int) -> list[ChainLink]:
    """Return links beyond a place, in order."""
    return list(ChainLink.objects.filter(seq__gt=after).order_by("seq")[:limit])


def chained(*, posting_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these postings that are in the chain."""
    asked = {"postings": arrays.uuids(posting_ids)}
    return {posting_id for (posting_id,) in fetch("transactions", _CHAINED, asked)}


def unchained_count() -> int:
    """Return how many postings wait for their place in the chain; it reads all of them."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_UNCHAINED)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def chained_postings(*, posting_ids: Sequence[UUID]) -> dict[UUID, ChainedPosting]:
    """Return postings with their entries, as they stand now."""
    postings = fetch("transactions", _POSTINGS, {"postings": arrays.uuids(posting_ids)})
    asked = {
        "postings": arrays.uuids([row[0] for row in postings]),
        "months": arrays.instants_or_nulls([row[_BOOKED_AT] for row in postings]),
    }
    entries: dict[UUID, list[ChainedEntry]] = {}
    for posting_id, *what in fetch("transactions", _ENTRIES, asked) if postings else ():
        entries.setdefault(posting_id, []).append(ChainedEntry(*what))
    found: dict[UUID, ChainedPosting] = {}
    for row in postings:
        said: tuple[Any, ...] = (*row, tuple(entries.get(row[0], ())))
        found[row[0]] = ChainedPosting(*said)
    return found
