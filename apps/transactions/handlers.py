"""What the ledger hears of itself: postings become news, are chained, and are filed by rules."""

from functools import partial
from typing import Any
from uuid import UUID

from apps.transactions.contracts import (
    BalanceOverdraftDrawn,
    PostedLeg,
    TransactionImportCompleted,
    TransactionPosted,
)
from apps.transactions.selectors.keeping import sharers_of
from apps.transactions.services import chaining, pairing, ruling
from vortex.clock import now
from vortex.db import after_commit
from vortex.inbox import on
from vortex.money import written
from vortex.outbox import publish
from vortex.realtime import News, listeners_among, push_many


@on(TransactionPosted, batch=500)
def tell_the_owners(events: list[TransactionPosted]) -> None:
    """Push each posting to all who see its accounts, and per account the balance after the last.

    The socket is a hint: whoever misses it reads the list. So a push that is lost is not sought,
    and all of them go out together once the batch stands.
    """
    owned = {leg.account_id for event in events for leg in event.legs if leg.owner_id is not None}
    after_commit(partial(_tell, events, sharers_of(account_ids=owned)))


@on(TransactionPosted, batch=500)
def tell_of_overdrafts(events: list[TransactionPosted]) -> None:
    """Say of each posting that took a customer's account below zero that it did, once."""
    for event in events:
        for leg in event.legs:
            before = leg.balance_after_minor - leg.amount_minor
            if leg.owner_id is not None and leg.balance_after_minor < 0 <= before:
                publish(
                    BalanceOverdraftDrawn(
                        posting_id=event.posting_id,
                        account_id=leg.account_id,
                        owner_id=leg.owner_id,
                        balance_minor=leg.balance_after_minor,
                        currency=leg.currency,
                        version=leg.version,
                        drawn_at=event.booked_at,
                    )
                )


@on(TransactionPosted, batch=500)
def chain_postings(events: list[TransactionPosted]) -> None:
    """Add each posting to the tamper-evident chain, once, in the order in which it was heard."""
    chaining.append(posting_ids=[event.posting_id for event in events], at=now())


@on(TransactionPosted, batch=500)
def file_by_rules(events: list[TransactionPosted]) -> None:
    """File each posting for its owners as their rules say, once, unless they have filed it."""
    by_owner: dict[UUID, list[UUID]] = {}
    for event in events:
        for owner_id in {leg.owner_id for leg in event.legs} - {None}:
            if owner_id is not None:
                by_owner.setdefault(owner_id, []).append(event.posting_id)
    ruling.file_new(posting_ids=by_owner, at=now())


@on(TransactionImportCompleted)
def look_for_transfers(event: TransactionImportCompleted) -> None:
    """Suggest which of the lines that came in are transfers between the owner's accounts."""
    if event.posted:
        pairing.suggest(owner_id=event.owner_id, at=now())


def _tell(events: list[TransactionPosted], sharers: dict[UUID, list[UUID]]) -> None:
    """Push to those who listen; of most postings nobody does."""
    seen = [
        (event, leg, (leg.owner_id, *sharers.get(leg.account_id, ())))
        for event in events
        for leg in event.legs
        if leg.owner_id is not None
    ]
    listening = listeners_among({user_id for _, _, users in seen for user_id in users})
    news: list[News] = []
    latest: dict[tuple[UUID, UUID], PostedLeg] = {}
    for event, leg, users in seen:
        for user_id in listening.intersection(users):
            news.append(News(user_id, "transaction.posted", _news(event, leg)))
            known = latest.get((user_id, leg.account_id))
            if known is None or leg.version > known.version:
                latest[user_id, leg.account_id] = leg
    news.extend(
        News(user_id, "balance.changed", _balance(leg)) for (user_id, _), leg in latest.items()
    )
    if news:
        push_many(news)


def _news(event: TransactionPosted, leg: PostedLeg) -> dict[str, Any]:
    """Return a leg's news. What another customer wrote down for themselves is not in it."""
    by_another = leg.amount_minor > 0 and any(
        paid.amount_minor < 0 and paid.owner_id not in {None, leg.owner_id} for paid in event.legs
    )
    return {
        "id": str(event.posting_id),
        "kind": event.kind,
        "description": event.description,
        "counterparty": "" if by_another else event.counterparty,
        "category": "transfers" if by_another else event.category,
        "booked_at": event.booked_at.isoformat(),
        "amount": written(leg.amount_minor, leg.currency),
        **_balance(leg),
    }


def _balance(leg: PostedLeg) -> dict[str, Any]:
    return {
        "account_id": str(leg.account_id),
        "booked": written(leg.balance_after_minor, leg.currency),
        "version": leg.version,
    }
