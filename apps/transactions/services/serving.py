"""Serving many callers' transfers in one statement: their keys, the postings, the answers.

The statement is a transaction of its own, so locks of accounts are held no longer than PostgreSQL
works. It makes what is plain: a new key, a payer's own account, no limit against it, nothing to
refuse. Whatever else there is, it leaves alone and says so; `transferring` has the words for that.
"""

from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from apps.transactions.contracts import PostingKind
from apps.transactions.domain.posting import hash_of
from apps.transactions.services.engine import per_account
from apps.transactions.services.posting import made
from apps.transactions.services.transferring import Transfer
from vortex.db import arrays, one_statement
from vortex.db.arrays import ColumnCursor
from vortex.money import Money
from vortex.outbox import poke

CONTEXT: Final = "transactions"
_KIND: Final = PostingKind.TRANSFER.value
_CALL: Final = """
select codes, bodies from transactions_serve(
  %s, %s, %s, %s, %s, %s::numeric[], %s, %s, %s, %s, %s, %s, %s, %s, %s::date[], %s, %s, %s, %s,
  %s, %s, %s, %s, %s, %s::jsonb[])
"""


_Served = tuple[list[str | None] | None, Sequence[bytes | None] | None]


class Wanted(msgspec.Struct, frozen=True):
    """A transfer under its caller's key, and how its answer begins.

    `head` is the answer's JSON up to the booking time, `location` where the transfer will be found,
    `headers` go with its event.
    """

    caller: str
    key: str
    request_hash: bytes
    transfer: Transfer
    owner_id: UUID
    headers: str
    head: bytes
    location: str


def serve(wanted: Sequence[Wanted]) -> list[bytes | None]:
    """Make plain transfers, each by itself, and remember their answers; return these.

    None stands for what was left alone. Their keys must be different, and no transaction open.
    Refuses with Moved where another deployment owns the ledger.
    """
    arguments = _columns(wanted)
    with one_statement(CONTEXT) as connection, ColumnCursor(connection.connection) as cursor:
        cursor.execute(_CALL, arguments, prepare=True, binary=True)
        codes, bodies = cast("_Served", cursor.fetchone())
    if bodies is None:  # every key was taken
        return [None] * len(wanted)
    poke(CONTEXT)
    count = len(wanted) if codes is None else codes.count(None)
    made.labels("posted").inc(count)
    return list(bodies)


def _columns(wanted: Sequence[Wanted]) -> tuple[Any, ...]:
    transfers = [one.transfer for one in wanted]
    count = len(wanted)
    currencies = list(dict.fromkeys([transfer.amount.currency for transfer in transfers]))
    return (
        arrays.texts([one.caller for one in wanted]),
        arrays.texts([one.key for one in wanted]),
        arrays.octets([one.request_hash for one in wanted]),
        arrays.texts([one.location for one in wanted]),
        arrays.encoded_texts([one.head for one in wanted]),
        [Money(1, currency).amount for currency in currencies],
        arrays.uuids([one.owner_id for one in wanted]),
        arrays.uuids([transfer.posting_id for transfer in transfers]),
        arrays.octets([_hash(transfer) for transfer in transfers]),
        arrays.texts([_KIND] * count),
        arrays.texts([transfer.description for transfer in transfers]),
        arrays.texts([transfer.category for transfer in transfers]),
        arrays.texts([transfer.counterparty for transfer in transfers]),
        arrays.texts([transfer.reference for transfer in transfers]),
        arrays.dates_or_nulls([transfer.effective_date for transfer in transfers]),
        *_legs(transfers, currencies),
        arrays.texts([one.headers for one in wanted]),
    )


def _hash(transfer: Transfer) -> bytes:
    minor, currency = transfer.amount.minor, transfer.amount.currency
    return hash_of(
        _KIND,
        transfer.description,
        transfer.category,
        transfer.counterparty,
        transfer.reference,
        transfer.effective_date,
        None,
        [
            (transfer.source_account_id, -minor, currency),
            (transfer.target_account_id, minor, currency),
        ],
    )


def _legs(transfers: Sequence[Transfer], currencies: Sequence[str]) -> tuple[Any, ...]:
    """Return the columns of accounts, currencies and legs; two legs each, the payer's first."""
    ids: list[UUID] = []
    amounts: list[int] = []
    codes: list[int] = []
    place_of = {currency: place for place, currency in enumerate(currencies, 1)}
    for transfer in transfers:
        ids += (transfer.source_account_id, transfer.target_account_id)
        minor, code = transfer.amount.minor, place_of[transfer.amount.currency]
        amounts += (-minor, minor)
        codes += (code, code)
    # The octets of ids sort as uuids do in PostgreSQL.
    accounts, places, sums, counts = per_account([account.bytes for account in ids], amounts)
    items = range(1, len(transfers) + 1)
    return (
        arrays.uuid_octets(accounts),
        arrays.big_integers(sums),
        arrays.integers(counts),
        arrays.texts(currencies),
        arrays.integers([2 * item for item in items]),
        arrays.integers([item for item in items for _ in range(2)]),
        arrays.integers(places),
        arrays.big_integers(amounts),
        arrays.integers(codes),
    )
