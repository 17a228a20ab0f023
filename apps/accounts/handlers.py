"""What accounts hears of the ledger; the second delivery of an event does nothing."""

from datetime import date
from typing import Final
from uuid import UUID

from apps.accounts.services import dormancy
from apps.transactions.contracts import PostingKind, TransactionPosted
from vortex.inbox import on

# What the bank books by itself is no use of an account.
_NO_USE: Final = frozenset({PostingKind.FEE.value, PostingKind.INTEREST.value})


@on(TransactionPosted, batch=200)
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
