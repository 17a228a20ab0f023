"""Transfers by customers: from an account of one's own to any account of the same currency."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, cast
from uuid import UUID

import msgspec

from apps.transactions import selectors
from apps.transactions.contracts import (
    InvalidEffectiveDate,
    LedgerAccountNotFound,
    Leg,
    MalformedPosting,
    Outcome,
    Posted,
    Posting,
    PostingKind,
)
from apps.transactions.services import posting as engine
from vortex.clock import today
from vortex.errors import Refusal
from vortex.money import Money

# A customer may say that a transfer counts a little earlier or later, not in another age.
_FARTHEST: Final = timedelta(days=366)


class Transfer(msgspec.Struct, frozen=True):
    """What a customer asks for. The id is the posting's, so a second delivery moves nothing."""

    posting_id: UUID
    source_account_id: UUID
    target_account_id: UUID
    amount: Money
    description: str
    counterparty: str
    reference: str
    category: str
    effective_date: date | None


class Made(msgspec.Struct, frozen=True):
    """A transfer that stands. `source` and `target` are the balance and the version after it.

    `target` is None where that account is somebody else's.
    """

    booked_at: datetime
    source: tuple[int, int]
    target: tuple[int, int] | None


def transfer(*, transfer: Transfer, owner_id: UUID) -> Posted:
    """Make one transfer. Refuses a source that is not the customer's as if it did not exist."""
    own = set(selectors.payable_account_ids(user_id=owner_id))
    refusal = _problem_of(transfer, own)
    if refusal is not None:
        raise refusal
    return engine.post(posting_of(transfer, owner_id))


def transfer_many(
    *, transfers: Sequence[Transfer], owner_id: UUID, atomic: bool
) -> tuple[Outcome, ...]:
    """Make transfers in their order, each by itself.

    With `atomic` the first refusal is raised; the unit of work that this runs in takes back what
    was posted before it.
    """
    own = set(selectors.payable_account_ids(user_id=owner_id))
    problems = [_problem_of(transfer, own) for transfer in transfers]
    posted = iter(
        engine.post_many(
            [
                posting_of(transfer, owner_id)
                for transfer, problem in zip(transfers, problems, strict=True)
                if problem is None
            ]
        )
    )
    outcomes = tuple(
        next(posted) if problem is None else _refused(transfer, problem)
        for transfer, problem in zip(transfers, problems, strict=True)
    )
    refused = next((outcome for outcome in outcomes if not outcome.posted), None)
    if atomic and refused is not None:
        raise engine.REFUSALS.get(refused.code, MalformedPosting)(
            refused.detail, posting_id=str(refused.posting_id)
        )
    return outcomes


def transfer_each(
    *, transfers: Sequence[Transfer], owner_ids: Sequence[UUID], headers: Sequence[str]
) -> list[Made | Refusal]:
    """Make transfers of different customers in their order, each by itself, in one transaction.

    `headers` are those of each one's event. What `transfer` would raise stands in its place.
    """
    owners = selectors.owners_of(
        account_ids=[
            account_id
            for transfer in transfers
            for account_id in (transfer.source_account_id, transfer.target_account_id)
        ]
    )
    asked = [(t.source_account_id, owner) for t, owner in zip(transfers, owner_ids, strict=True)]
    others = {pair for pair in asked if owners.get(pair[0]) != pair[1]}
    payable = {*asked} - others | selectors.payers_among(pairs=others)
    outcomes: list[Made | Refusal | None] = [
        _problem_of(transfer, {pair[0]} if pair in payable else set())
        for transfer, pair in zip(transfers, asked, strict=True)
    ]
    places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    results = engine.post_each(
        [posting_of(transfers[place], owner_ids[place]) for place in places],
        headers=[headers[place] for place in places],
    )
    for place, result in zip(places, results, strict=True):
        outcomes[place] = _made(transfers[place], owner_ids[place], owners, result)
    return cast("list[Made | Refusal]", outcomes)


def _made(
    transfer: Transfer,
    owner_id: UUID,
    owners: Mapping[UUID, UUID | None],
    result: engine.Each | Refusal,
) -> Made | Refusal:
    if isinstance(result, Refusal):
        return result
    source, target = result.legs
    is_own = owners.get(transfer.target_account_id) == owner_id
    return Made(result.booked_at, source, target if is_own else None)


def is_far(transfer: Transfer) -> bool:
    """Say whether a transfer is to count in another age."""
    effective = transfer.effective_date
    return effective is not None and abs(effective - today()) > _FARTHEST


def _problem_of(transfer: Transfer, own: set[UUID]) -> Refusal | None:
    if transfer.source_account_id not in own:
        return LedgerAccountNotFound(account_id=str(transfer.source_account_id))
    effective = transfer.effective_date
    if effective is not None and is_far(transfer):
        return InvalidEffectiveDate(effective_date=effective.isoformat())
    return None


def _refused(transfer: Transfer, problem: Refusal) -> Outcome:
    return Outcome(
        posting_id=transfer.posting_id, posted=False, code=problem.code, detail=problem.detail
    )


def posting_of(transfer: Transfer, owner_id: UUID) -> Posting:
    """Return the posting that a transfer is."""
    currency = transfer.amount.currency
    return Posting(
        posting_id=transfer.posting_id,
        legs=(
            Leg(
                account_id=transfer.source_account_id,
                amount_minor=-transfer.amount.minor,
                currency=currency,
            ),
            Leg(
                account_id=transfer.target_account_id,
                amount_minor=transfer.amount.minor,
                currency=currency,
            ),
        ),
        kind=PostingKind.TRANSFER,
        description=transfer.description,
        category=transfer.category,
        counterparty=transfer.counterparty,
        reference=transfer.reference,
        effective_date=transfer.effective_date,
        actor_id=owner_id,
    )
