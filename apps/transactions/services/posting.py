"""Posting: one call of the engine per batch, the same for a single posting and for ten thousand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    AlreadyReversed,
    BalanceOutOfRange,
    ExternalAccount,
    InsufficientFunds,
    LedgerAccountKind,
    LedgerAccountNotFound,
    MalformedPosting,
    Outcome,
    Posted,
    Posting,
    PostingIdReused,
    SpendingLimitExceeded,
    UnbalancedPosting,
)
from apps.transactions.domain.posting import problem_of
from apps.transactions.models import Account
from apps.transactions.services import limiting
from apps.transactions.services.engine import REPLAYED, Order, decide_and_write
from vortex.db import after_commit, unit_of_work
from vortex.errors import Fact, Refusal
from vortex.money import CurrencyMismatch
from vortex.outbox import poke
from vortex.outbox.publishing import headers as common_headers
from vortex.telemetry.metrics import counter

MAX_BATCH: Final = 10_000
_TOO_MANY: Final = f"a batch has at most {MAX_BATCH} postings, this has {{count}}"

# What a posting can be refused with; the engine answers with their codes.
REFUSALS: Final[dict[str, type[Refusal]]] = {
    refusal.code: refusal
    for refusal in (
        LedgerAccountNotFound,
        CurrencyMismatch,
        AccountClosed,
        AccountFrozen,
        ExternalAccount,
        InsufficientFunds,
        SpendingLimitExceeded,
        BalanceOutOfRange,
        PostingIdReused,
        AlreadyReversed,
        MalformedPosting,
        UnbalancedPosting,
    )
}

made = counter("vortex_postings_total", "Postings asked for, by outcome", ("outcome",))


Place = tuple[int, int] | tuple[None, None]


@dataclass(frozen=True, slots=True)
class Each:
    """A posting that stands. `legs` are the balance and the version of its account after each leg.

    A replay says nothing about its legs: other postings may stand between then and now.
    """

    booked_at: datetime
    replayed: bool
    legs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Result:
    code: str | None
    booked_at: datetime | None = None
    culprit: UUID | None = None
    detail: str = ""
    legs: Sequence[Place] = ()
    facts: Mapping[str, Fact] | None = None


def post(posting: Posting, *, reverses: UUID | None = None, is_limited: bool = True) -> Posted:
    """Make one posting, or raise the refusal. A second call with the same posting is a replay.

    Opens a unit of work, or joins the one that is open. A refusal says in `account_id` which
    account it is about, where it is about one. Spending limits hold unless `is_limited` is False.
    """
    (result,) = _post([Order(posting, reverses, is_limited)], headers=[common_headers()])
    if result.code and result.code != REPLAYED:
        raise _refusal(posting, result.code, result)
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
        raise MalformedPosting(_TOO_MANY.format(count=len(postings)))
    results = _post([Order(posting) for posting in postings], headers=[common_headers()])
    return tuple(
        _outcome(posting, result) for posting, result in zip(postings, results, strict=True)
    )


def post_each(postings: Sequence[Posting], *, headers: Sequence[str]) -> list[Each | Refusal]:
    """Make unrelated postings together, in their order and in one transaction, each by itself.

    `headers` are those of each one's event. What `post` would raise stands in its place.
    """
    if len(postings) > MAX_BATCH:
        raise MalformedPosting(_TOO_MANY.format(count=len(postings)))
    results = _post([Order(posting) for posting in postings], headers=headers, legs_too=True)
    return [_each(posting, result) for posting, result in zip(postings, results, strict=True)]


def _each(posting: Posting, result: _Result) -> Each | Refusal:
    if result.code and result.code != REPLAYED:
        return _refusal(posting, result.code, result)
    replayed = result.code == REPLAYED
    legs = () if replayed else cast("tuple[tuple[int, int], ...]", tuple(result.legs))
    return Each(cast("datetime", result.booked_at), replayed, legs)


def _refusal(posting: Posting, code: str, result: _Result) -> Refusal:
    facts: dict[str, Fact] = {"posting_id": str(posting.posting_id), **(result.facts or {})}
    if result.culprit is not None:
        facts["account_id"] = str(result.culprit)
    return REFUSALS[code](result.detail, **facts)


def _outcome(posting: Posting, result: _Result) -> Outcome:
    if result.code is None:
        return Outcome(posting_id=posting.posting_id, posted=True)
    if result.code == REPLAYED:
        return Outcome(posting_id=posting.posting_id, posted=True, replayed=True)
    return Outcome(
        posting_id=posting.posting_id,
        posted=False,
        code=result.code,
        detail=result.detail or REFUSALS[result.code].title,
    )


def _post(
    orders: Sequence[Order], *, headers: Sequence[str], legs_too: bool = False
) -> list[_Result]:
    problems = [problem_of(order.posting) for order in orders]
    sound = [place for place, problem in enumerate(problems) if problem is None]
    if len(headers) > 1:
        headers = [headers[place] for place in sound]
    decided = iter(_decided([orders[place] for place in sound], headers, legs_too=legs_too))
    results = [
        next(decided) if problem is None else _Result(problem.code, detail=problem.detail)
        for problem in problems
    ]
    for outcome, count in Counter(result.code or "posted" for result in results).items():
        made.labels(outcome).inc(count)
    return results


def _decided(orders: Sequence[Order], headers: Sequence[str], *, legs_too: bool) -> list[_Result]:
    """Make sound orders within the limits of their accounts, and return what became of each."""
    if not orders:
        return []
    if not any(map(limiting.may_be_limited, orders)):
        return _written(orders, headers, legs_too=legs_too)
    with unit_of_work("transactions") as connection:
        limits = limiting.locked(connection, orders)
        if limits is None:
            return _written(orders, headers, legs_too=legs_too)
        return _within(limits, orders, headers, legs_too=legs_too)


def _within(
    limits: limiting.Limits, orders: Sequence[Order], headers: Sequence[str], *, legs_too: bool
) -> list[_Result]:
    """Make what the limits allow, in order; what another refusal gives back is tried once more."""
    results: dict[int, _Result] = {}
    waiting: Sequence[int] = range(len(orders))
    while waiting:
        asked = limits.divide([(place, orders[place]) for place in waiting])
        made = _written(
            [orders[place] for place in asked.allowed],
            [headers[place] for place in asked.allowed] if len(headers) > 1 else headers,
            legs_too=legs_too,
        )
        results.update(zip(asked.allowed, made, strict=True))
        for place, excess in asked.beyond.items():
            results[place] = _Result(
                SpendingLimitExceeded.code,
                culprit=excess.account_id,
                detail=excess.detail,
                facts=excess.facts,
            )
        failed = [(place, orders[place]) for place in asked.allowed if results[place].code]
        again = asked.beyond if limits.give_back(failed) else ()
        waiting = sorted({*asked.waiting, *again})
    return [results[place] for place in range(len(orders))]


def _written(orders: Sequence[Order], headers: Sequence[str], *, legs_too: bool) -> list[_Result]:
    """Call the engine for orders that no limit stands against."""
    if not orders:
        return []
    with unit_of_work("transactions") as connection:
        made = decide_and_write(connection, orders, headers=headers, legs_too=legs_too)
        after_commit(lambda: poke("transactions"))
    nothing = [None] * len(orders)
    columns = zip(
        orders, made.codes or nothing, made.culprits or nothing, made.stood or nothing, strict=True
    )
    results: list[_Result] = []
    first = 0
    for order, code, culprit, stood in columns:
        last = first + len(order.posting.legs)
        at = stood or order.posting.booked_at or made.booked_at
        results.append(_Result(code, at, culprit, legs=made.legs[first:last]))
        first = last
    return _told_apart(results)


def _told_apart(results: list[_Result]) -> list[_Result]:
    """Say of frozen accounts which are another bank's: the engine knows only that they are frozen.

    Nobody has frozen those, and nobody can thaw them.
    """
    frozen = [
        result.culprit
        for result in results
        if result.code == AccountFrozen.code and result.culprit is not None
    ]
    if not frozen:
        return results
    kept = Account.objects.filter(pk__in=frozen, kind=LedgerAccountKind.EXTERNAL.value)
    elsewhere = set(kept.values_list("id", flat=True))
    return [
        replace(result, code=ExternalAccount.code)
        if result.code == AccountFrozen.code and result.culprit in elsewhere
        else result
        for result in results
    ]
