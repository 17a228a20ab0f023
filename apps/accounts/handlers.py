"""What accounts hears of the ledger; the second delivery of an event does nothing."""

from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from apps.accounts.contracts import (
    AccountAliasChanged,
    AccountBalanceThresholdCrossed,
    AccountCardChanged,
    AccountCardIssued,
    AccountClosedEvent,
    AccountDormant,
    AccountFrozenEvent,
    AccountLimitChanged,
    AccountLinked,
    AccountMemberAdded,
    AccountMemberRemoved,
    AccountOpened,
    AccountReactivated,
    AccountReopened,
    AccountUnfrozenEvent,
    AccountUnlinked,
    AccountUpdated,
    ConsentExpiring,
    LinkReauthRequired,
    LinkSyncCompleted,
    StatementReady,
)
from apps.accounts.selectors.members import member_ids
from apps.accounts.services import card_payments, dormancy, monitors, pots
from apps.transactions.contracts import HoldExpired, PostingKind, TransactionPosted
from vortex.clock import now
from vortex.db import after_commit
from vortex.inbox import on
from vortex.realtime import News, push_many

AccountFact = (
    AccountOpened
    | AccountUpdated
    | AccountFrozenEvent
    | AccountUnfrozenEvent
    | AccountClosedEvent
    | AccountReopened
    | AccountDormant
    | AccountReactivated
    | AccountLimitChanged
    | AccountAliasChanged
    | AccountCardIssued
    | AccountCardChanged
    | AccountMemberAdded
    | AccountMemberRemoved
    | AccountBalanceThresholdCrossed
    | AccountLinked
    | AccountUnlinked
    | LinkSyncCompleted
    | LinkReauthRequired
    | StatementReady
)

# What the bank books by itself is no use of an account.
_NO_USE: Final = frozenset({PostingKind.FEE.value, PostingKind.INTEREST.value})
# What leaves change: payments, not what goes into a pot or is withdrawn in notes.
_PAYMENTS: Final = frozenset({PostingKind.CARD.value, PostingKind.TRANSFER.value})


@on(TransactionPosted, batch=500)
def note_use(events: list[TransactionPosted]) -> None:
    """Remember on which day each account was used last, so that what is used never falls asleep."""
    days: dict[UUID, date] = {}
    for event in events:
        if event.kind in _NO_USE:
            continue
        day = event.booked_at.date()
        for leg in event.legs:
            if leg.owner_id is not None:
                days[leg.account_id] = max(day, days.get(leg.account_id, day))
    dormancy.note_use(days=days)


@on(TransactionPosted, batch=500)
def watch_balances(events: list[TransactionPosted]) -> None:
    """Let monitors see every entry once, so that each crossing is told once."""
    monitors.observe(
        seen=[
            monitors.Seen(
                account_id=leg.account_id,
                posting_id=event.posting_id,
                amount_minor=leg.amount_minor,
                balance_minor=leg.balance_after_minor,
                version=leg.version,
                booked_at=event.booked_at,
            )
            for event in events
            for leg in event.legs
            if leg.owner_id is not None
        ]
    )


@on(TransactionPosted, batch=500)
def round_up(events: list[TransactionPosted]) -> None:
    """Write down the change of payments; the clockwork moves it, once per payment."""
    pots.note_change(
        payments=[
            pots.Payment(leg.account_id, event.posting_id, -leg.amount_minor, event.booked_at)
            for event in events
            if event.kind in _PAYMENTS
            for leg in event.legs
            if leg.owner_id is not None and leg.amount_minor < 0
        ],
        heard_at=now(),
    )


@on(AccountOpened)
@on(AccountUpdated)
@on(AccountFrozenEvent)
@on(AccountUnfrozenEvent)
@on(AccountClosedEvent)
@on(AccountReopened)
@on(AccountDormant)
@on(AccountReactivated)
@on(AccountLimitChanged)
@on(AccountAliasChanged)
@on(AccountCardIssued)
@on(AccountCardChanged)
@on(AccountMemberAdded)
@on(AccountMemberRemoved)
@on(AccountBalanceThresholdCrossed)
@on(AccountLinked)
@on(AccountUnlinked)
@on(LinkSyncCompleted)
@on(LinkReauthRequired)
@on(StatementReady)
def tell_those_who_see(event: AccountFact) -> None:
    """Push that something about an account has changed to its owner and to all who share it.

    What it is has to be read: the socket is a hint, and not everybody sees all of an account.
    """
    told = {event.owner_id, *member_ids(account_id=event.account_id)}
    if isinstance(event, AccountMemberRemoved):
        told.add(event.user_id)
    said = {"account_id": str(event.account_id), "event": event.event_type}
    news = [News(user_id, "account.changed", said) for user_id in sorted(told)]
    after_commit(partial(push_many, news))


@on(ConsentExpiring)
def tell_of_a_consent_that_ends(event: ConsentExpiring) -> None:
    """Push to a customer that an agreement with another bank ends soon."""
    said = {"consent_id": str(event.consent_id), "event": event.event_type}
    after_commit(partial(push_many, [News(event.owner_id, "account.changed", said)]))


@on(HoldExpired, batch=500)
def note_expired_card_payments(events: list[HoldExpired]) -> None:
    """Write down that payments by card were let go, since nobody captured them in time."""
    card_payments.note_expiry(
        payment_ids=[event.hold_id for event in events],
        at=max(event.expired_at for event in events),
    )
