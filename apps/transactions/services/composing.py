"""Postings of several legs by customers, and asking what would be without doing it."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    LedgerAccountNotFound,
    Leg,
    MalformedPosting,
    Posted,
    Posting,
)
from apps.transactions.services.posting import post
from vortex.db import in_unit_of_work, unit_of_work

T = TypeVar("T")


class _TakenBackError(Exception):
    """Ends a unit of work of which nothing is to be kept."""


def compose(
    *, posting_id: UUID, legs: Sequence[Leg], description: str, category: str, owner_id: UUID
) -> Posted:
    """Make a posting of several legs; every account that it debits is the customer's own.

    Refuses another's account among the debits as if it did not exist.
    """
    if not any(leg.amount_minor < 0 for leg in legs):
        raise MalformedPosting("no leg takes money from anywhere")
    own = set(selectors.payable_account_ids(user_id=owner_id))
    for leg in legs:
        if leg.amount_minor < 0 and leg.account_id not in own:
            raise LedgerAccountNotFound(account_id=str(leg.account_id))
    return post(
        Posting(
            posting_id=posting_id,
            legs=tuple(legs),
            description=description,
            category=category,
            actor_id=owner_id,
        )
    )


def estimate(action: Callable[[], T]) -> T:
    """Do something in a unit of work of its own, take all of it back, and return its answer.

    What the action refuses is refused. Nothing is kept, published or remembered.
    """
    if in_unit_of_work():
        raise RuntimeError("an estimate would take back what others have written")
    answer: list[T] = []
    try:
        with unit_of_work("transactions"):
            answer.append(action())
            raise _TakenBackError
    except _TakenBackError:
        return answer[0]
