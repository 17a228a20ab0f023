"""Reads of money, all of it the ledger's: funds, the past, what is set aside, what is owned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from apps.accounts.models import Account
from apps.transactions.contracts import (
    DayBalance,
    Funds,
    HoldLine,
    HoldState,
    Ledger,
    LedgerAccounts,
)
from vortex.binding import bind


@dataclass(frozen=True)
class Worth:
    """What somebody owns and owes in one currency, in minor units; `net` is the difference."""

    currency: str
    accounts: int
    assets_minor: int
    debts_minor: int
    held_minor: int
    pending_in_minor: int

    @property
    def net_minor(self) -> int:
        """What would be left if all debts were paid."""
        return self.assets_minor - self.debts_minor


def funds(*, account_id: UUID) -> Funds:
    """Return all of an account's money as the ledger has it now."""
    (found,) = bind(LedgerAccounts).funds(account_ids=(account_id,))
    return found


def booked_at(*, account_id: UUID, at: datetime) -> int:
    """Return what was booked on an account at a past moment."""
    return bind(Ledger).balance_at(account_id=account_id, at=at)


def history(*, account_id: UUID, since: date, until: date) -> tuple[DayBalance, ...]:
    """Return the balance at the end of each day, oldest first."""
    return bind(Ledger).balance_history(account_id=account_id, since=since, until=until)


def holds(
    *, account_id: UUID, state: HoldState | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[HoldLine]:
    """Return what is set aside on an account, newest first, beyond the position `after`."""
    before_at, before_id = after or (None, None)
    return bind(LedgerAccounts).holds(
        account_id=account_id, state=state, before_at=before_at, before_id=before_id, limit=limit
    )


def worth(accounts: Iterable[Account], more_ids: Iterable[UUID] = ()) -> list[Worth]:
    """Return what these accounts come to, per currency, asking the ledger once."""
    wanted = (*(account.pk for account in accounts), *more_ids)
    sums: dict[str, list[Funds]] = {}
    for one in bind(LedgerAccounts).funds(account_ids=wanted) if wanted else ():
        sums.setdefault(one.currency, []).append(one)
    return [
        Worth(
            currency=currency,
            accounts=len(found),
            assets_minor=sum(max(one.booked_minor, 0) for one in found),
            debts_minor=sum(max(-one.booked_minor, 0) for one in found),
            held_minor=sum(one.held_minor for one in found),
            pending_in_minor=sum(one.pending_in_minor for one in found),
        )
        for currency, found in sorted(sums.items())
    ]
