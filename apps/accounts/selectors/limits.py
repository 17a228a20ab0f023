"""Reads of spending limits, which the ledger keeps."""

from datetime import datetime
from uuid import UUID

from apps.accounts.domain.limits import PERIODS
from apps.transactions.contracts import LedgerAccounts, LimitUsage
from vortex.binding import bind
from vortex.clock import now


def limits(*, account_id: UUID, card_id: UUID | None = None) -> tuple[LimitUsage, ...]:
    """Return the limits of everybody on an account, or of a card; one that was lifted is gone."""
    at = now()
    known = bind(LedgerAccounts).limits(account_id=account_id)
    found = [
        usage
        for usage in known
        if usage.spender_id == card_id
        and usage.limit.period in PERIODS
        and not _is_lifted(usage, at)
    ]
    return tuple(sorted(found, key=lambda usage: (usage.limit.channel, usage.limit.period)))


def _is_lifted(usage: LimitUsage, at: datetime) -> bool:
    next_at = usage.limit.next_at
    return next_at is not None and next_at <= at and usage.limit.next_minor is None
