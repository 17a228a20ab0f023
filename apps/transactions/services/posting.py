"""Posting: one call of the engine per batch, the same for a single posting and for ten thousand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    AlreadyReversed,
    InsufficientFunds,
    LedgerAccountNotFound,
    MalformedPosting,
    Outcome,
    Posted,
    Posting,
    PostingIdReused,
    UnbalancedPosting,
)
from apps.transactions.domain.posting import content_hash, problem_of
from vortex.db import after_commit, unit_of_work
from vortex.db.work import current_epoch
from vortex.errors import Refusal
from vortex.money import CurrencyMismatch
from vortex.outbox import poke
from vortex.outbox.publishing import headers
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter

MAX_BATCH: Final = 10_000
REPLAYED: Final = "replayed"

# What a posting can be refused with; the engine answers with their codes.
REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal
    for refusal in (
        LedgerAccountNotFound,
        CurrencyMismatch,
        AccountClosed,
        AccountFrozen,
        InsufficientFunds,
        PostingIdReused,
        AlreadyReversed,
        MalformedPosting,
        UnbalancedPosting,
    )
}

_CALL: Final = """
select codes, booked from transactions_post(
  %s::uuid[], %s::bytea[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
  %s::date[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::int[],
  %s::bigint[], %s::text[], %s, %s::jsonb)
"""

log = get_logger("transactions.posting")
_made = counter("vortex_postings_total", "Postings asked for, by outcome", ("outcome",))


@dataclass(frozen=True)
class Order:
    """A posting to be made, and the posting that it undoes, if it undoes one."""

    posting: Posting
    reverses: UUID | None = None


@dataclass
class _Result:
    code: str | None
    booked_at: datetime | None = None
    detail: str = ""


def post(posting: Posting, *, reverses: UUID | None = None) -> Posted:
    """Make one posting, or raise the refusal. A second call with the same posting is a replay.

    Opens a unit of work, or joins the one that is open.
    """
    (result,) = _post([Order(posting, reverses)])
    if result.code and result.code != REPLAYED:
        raise REFUSALS[result.code](result.detail, posting_id=str(posting.posting_id))
    return Posted(
        posting_id=posting.posting_id,
        booked_at=cast("datetime", result.booked_at),
        replayed=result.code == REPLAYED,
    )


def post_many(postings: Sequence[Posting]) -> tuple[Outcome, ...]:
    """Make postings in their order, each posted or refused by itself, in one transaction.

    Refuses the whole batch with MalformedPosting beyond 10,000 of them.
    """
    if len(postings) > MAX_BATCH:
        raise MalformedPosting(f"a batch has at most {MAX_BATCH} postings, this has {len(postings)}")
    results = _post([Order(posting) for posting in postings])
    return tuple(
        _outcome(posting, result) for posting, result in zip(postings, results, strict=True)
    )


def _outcome(posting: Posting, result: _Result) -> Outcome:
    if result.code in {None, REPLAYED}:
        return Outcome(
            posting_id=posting.posting_id, posted=True, replayed=result.code == REPLAYED
        )
    code = cast("str", result.code)
    detail = result.detail or REFUSALS[code].title
    return Outcome(posting_id=posting.posting_id, posted=False, code=code, detail=detail)


def _post(orders: Sequence[Order]) -> list[_Result]:
    results = [_checked(order.posting) for order in orders]
    sound = [place for place, result in enumerate(results) if result.code is None]
    if sound:
        batch = _batch([orders[place] for place in sound])
        with unit_of_work("transactions") as connection:
            codes, booked = _call(connection, batch)
            after_commit(lambda: poke("transactions"))
        for place, code, at in zip(sound, codes, booked, strict=True):
            results[place] = _Result(code, at)
    for result in results:
        _made.labels(result.code or "posted").inc()
    return results


def _checked(posting: Posting) -> _Result:
    problem = problem_of(posting)
    return _Result(None) if problem is None else _Result(problem.code, detail=problem.detail)


@dataclass
class _Batch:
    """The engine's arguments, in the order in which it takes them."""

    ids: list[UUID] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    same: list[int | None] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    counterparties: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    effective: list[Any] = field(default_factory=list)
    booked: list[datetime | None] = field(default_factory=list)
    actors: list[UUID | None] = field(default_factory=list)
    reverses: list[UUID | None] = field(default_factory=list)
    accounts: list[UUID] = field(default_factory=list)
    leg_items: list[int] = field(default_factory=list)
    leg_accounts: list[int] = field(default_factory=list)
    leg_amounts: list[int] = field(default_factory=list)
    leg_currencies: list[str] = field(default_factory=list)


def _batch(orders: Sequence[Order]) -> _Batch:
    batch = _Batch()
    batch.accounts = sorted({leg.account_id for order in orders for leg in order.posting.legs})
    position = {account: place for place, account in enumerate(batch.accounts, 1)}
    seen: dict[UUID, int] = {}
    for item, order in enumerate(orders, 1):
        posting = order.posting
        batch.ids.append(posting.posting_id)
        batch.hashes.append(content_hash(posting))
        batch.same.append(seen.get(posting.posting_id))
        seen[posting.posting_id] = item
        batch.kinds.append(posting.kind.value)
        batch.descriptions.append(posting.description)
        batch.categories.append(posting.category)
        batch.counterparties.append(posting.counterparty)
        batch.references.append(posting.reference)
        batch.effective.append(posting.effective_date)
        batch.booked.append(posting.booked_at)
        batch.actors.append(posting.actor_id)
        batch.reverses.append(order.reverses)
        for leg in posting.legs:
            batch.leg_items.append(item)
            batch.leg_accounts.append(position[leg.account_id])
            batch.leg_amounts.append(leg.amount_minor)
            batch.leg_currencies.append(leg.currency)
    return batch


def _call(
    connection: BaseDatabaseWrapper, batch: _Batch
) -> tuple[list[str | None], list[datetime]]:
    """Run the engine, past Django's cursor: that one writes arrays into the statement as text."""
    connection.ensure_connection()
    arguments = [getattr(batch, name) for name in _Batch.__dataclass_fields__]
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_CALL, [*arguments, current_epoch(), headers()], prepare=True)
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("the posting engine gave no answer")
    return row[0], row[1]

