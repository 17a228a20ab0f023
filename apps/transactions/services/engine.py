"""Calling the posting engine: a batch becomes columns, one statement decides and writes it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.transactions.contracts import Posting
from apps.transactions.domain.posting import content_hash
from vortex.db import arrays
from vortex.db.arrays import ColumnCursor
from vortex.db.work import current_epoch

REPLAYED: Final = "replayed"
K = TypeVar("K", int, bytes)

# The engine takes sums of legs as bigint; a sum beyond this one is refused however it is written.
_MOST_SUM: Final = 4_000_000_000_000_000_000

_CALL: Final = """
select codes, culprits, stood, booked, after, places from transactions_post(
  %s, %s, %s, %s, %s, %s, %s, %s, %s::date[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s, %s, %s,
  %s, %s, %s, %s, %s, %s, %s, %s::jsonb[], %s)
"""


@dataclass(frozen=True)
class Order:
    """A posting to be made, and the posting that it undoes, if it undoes one.

    `is_limited` is False where the spending was counted before, or is the end of the account.
    """

    posting: Posting
    reverses: UUID | None = None
    is_limited: bool = True


@dataclass(frozen=True)
class Decisions:
    """What the engine decided, by item. `codes` is None where everything was posted.

    A code is None for posted, "replayed" for what stood before, or that of the refusal; `culprits`
    are the accounts that refusals are about, `stood` the booking times of what was replayed. `legs`
    are the balance and the version of its account after each leg, where they were asked for; None
    for a leg that was not made now.
    """

    booked_at: datetime
    codes: Sequence[str | None] | None
    culprits: Sequence[UUID | None]
    stood: Sequence[datetime | None] | None
    legs: Sequence[tuple[int, int] | tuple[None, None]]


def decide_and_write(
    connection: BaseDatabaseWrapper,
    orders: Sequence[Order],
    *,
    headers: Sequence[str],
    legs_too: bool = False,
) -> Decisions:
    """Post sound orders in their order, in the transaction that is open on the connection.

    `headers` go with the events, one for all or one for each. An original that is to be reversed
    stands in one order at most.
    """
    accounts, legs = _legs(orders)
    arguments = (*_items(orders), *legs, current_epoch(), arrays.texts(headers), legs_too)
    connection.ensure_connection()
    with ColumnCursor(connection.connection) as cursor:  # Django's writes arrays out as text
        cursor.execute(_CALL, arguments, prepare=True, binary=True)
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("the posting engine gave no answer")
    codes, culprits, stood, booked_at, after, places = row
    return Decisions(
        booked_at=booked_at,
        codes=codes,
        culprits=[None if place is None else accounts[place - 1] for place in culprits or ()],
        stood=stood,
        legs=list(zip(after or (), places or (), strict=True)),
    )


def _items(orders: Sequence[Order]) -> tuple[Any, ...]:
    postings = [order.posting for order in orders]
    return (
        arrays.uuids([posting.posting_id for posting in postings]),
        arrays.octets([content_hash(posting) for posting in postings]),
        arrays.integers_or_nulls(_same(postings)),
        arrays.texts([posting.kind.value for posting in postings]),
        arrays.texts([posting.description for posting in postings]),
        arrays.texts([posting.category for posting in postings]),
        arrays.texts([posting.counterparty for posting in postings]),
        arrays.texts([posting.reference for posting in postings]),
        arrays.dates_or_nulls([posting.effective_date for posting in postings]),
        arrays.instants_or_nulls([posting.booked_at for posting in postings]),
        arrays.uuids_or_nulls([posting.actor_id for posting in postings]),
        arrays.uuids_or_nulls([order.reverses for order in orders]),
    )


def _same(postings: Sequence[Posting]) -> list[int | None]:
    """Return for each posting the position, from 1, of the previous one with the same id."""
    seen: dict[int, int] = {}
    same: list[int | None] = []
    for item, posting in enumerate(postings, 1):
        number = posting.posting_id.int
        same.append(seen.get(number))
        seen[number] = item
    return same


def _legs(orders: Sequence[Order]) -> tuple[list[UUID], tuple[Any, ...]]:
    """Return the accounts in id order, and the columns of accounts, currencies and legs."""
    legs = [leg for order in orders for leg in order.posting.legs]
    # An id's number is hashed and compared several times faster than the id itself.
    numbers = [leg.account_id.int for leg in legs]
    ids = dict(zip(numbers, (leg.account_id for leg in legs), strict=True))
    amounts = [leg.amount_minor for leg in legs]
    sorted_numbers, positions, sums, counts = per_account(numbers, amounts)
    currencies = list(dict.fromkeys(leg.currency for leg in legs))
    currency = {code: position for position, code in enumerate(currencies, 1)}
    items: list[int] = []
    ends: list[int] = []
    for item, order in enumerate(orders, 1):
        items += [item] * len(order.posting.legs)
        ends.append(len(items))
    accounts = [ids[number] for number in sorted_numbers]
    return accounts, (
        arrays.uuids(accounts),
        arrays.big_integers([max(-_MOST_SUM, min(_MOST_SUM, total)) for total in sums]),
        arrays.integers(counts),
        arrays.texts(currencies),
        arrays.integers(ends),
        arrays.integers(items),
        arrays.integers(positions),
        arrays.big_integers(amounts),
        arrays.integers([currency[leg.currency] for leg in legs]),
    )


def per_account(
    keys: Sequence[K], amounts: Sequence[int]
) -> tuple[list[K], list[int], list[int], list[int]]:
    """Return the accounts of legs in id order, and each leg's position among them, from 1.

    Then what all legs together do to each account, and how many they are. A key is whatever says
    which account a leg is of and sorts as its id.
    """
    accounts = sorted(set(keys))
    place = {account: position for position, account in enumerate(accounts)}
    sums, counts = [0] * len(accounts), [0] * len(accounts)
    positions: list[int] = []
    for key, amount in zip(keys, amounts, strict=True):
        at = place[key]
        sums[at] += amount
        counts[at] += 1
        positions.append(at + 1)
    return accounts, positions, sums, counts
