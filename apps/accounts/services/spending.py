"""Who may spend from an account and how much, by what the ledger says; and reserving there."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.contracts import AccountNotFound, Product, Role
from apps.accounts.domain.limits import in_force
from apps.accounts.domain.standing import RESTRICTIONS, Direction, Standing
from apps.accounts.models import Account
from apps.accounts.selectors import money
from apps.accounts.selectors.members import account_seen_by, members
from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    Channel,
    Funds,
    Held,
    Hold,
    InsufficientFunds,
    Ledger,
    LedgerAccounts,
    LimitUsage,
    Period,
    Posted,
    Posting,
    SpendingLimitExceeded,
)
from vortex.binding import bind
from vortex.clock import now
from vortex.money import CurrencyMismatch


@dataclass(frozen=True)
class Debit:
    """Somebody wants to spend so much from an account, by a way."""

    account_id: UUID
    actor_id: UUID
    amount_minor: int
    currency: str
    channel: Channel


def assert_can_debit(asked: Debit) -> None:
    """Refuse what a debit would be refused with now."""
    account = _payable_by(asked.account_id, asked.actor_id)
    debits_frozen, _ = _frozen_sides(account)
    _check(account, asked.currency, is_frozen=debits_frozen)
    funds = money.funds(account_id=account.pk)
    if funds.booked_minor - funds.held_minor + funds.overdraft_minor < asked.amount_minor:
        raise InsufficientFunds(account_id=str(account.pk))
    for usage in bind(LedgerAccounts).limits(account_id=account.pk):
        _check_limit(usage, asked, funds)


def assert_can_credit(*, account_id: UUID, amount_minor: int, currency: str) -> None:
    """Refuse what a credit would be refused with now, whoever it is from."""
    del amount_minor  # no credit is too much for an account
    account = selectors.account(account_id=account_id)
    _, credits_frozen = _frozen_sides(account)
    _check(account, currency, is_frozen=credits_frozen)


def reserve(hold: Hold, *, actor_id: UUID) -> Held:
    """Set money aside in the ledger, for somebody who may pay from the account."""
    _payable_by(hold.account_id, actor_id)
    return bind(Ledger).hold(hold_id=hold.hold_id, hold=hold)


def confirm(*, reservation_id: UUID, posting: Posting) -> Posted:
    """Make a posting of what was reserved."""
    return bind(Ledger).settle(
        posting_id=posting.posting_id, hold_id=reservation_id, posting=posting
    )


def release(*, reservation_id: UUID) -> Held:
    """Let go what was reserved."""
    return bind(Ledger).release(hold_id=reservation_id, reason="released")


def _payable_by(account_id: UUID, actor_id: UUID) -> Account:
    """Return an account from which somebody may pay; for anybody else it does not exist."""
    account = account_seen_by(account_id=account_id, user_id=actor_id)
    if getattr(account, "role", "") == Role.DELEGATE:
        own = members(account_id=account_id).filter(user_id=actor_id, may_pay=True)
        if not own.exists():
            raise AccountNotFound(account_id=str(account_id))
    return account


def _frozen_sides(account: Account) -> tuple[bool, bool]:
    if account.product == Product.EXTERNAL:
        return True, True
    frozen = Direction(account.frozen) if account.frozen else None
    debits_frozen, credits_frozen = RESTRICTIONS[frozen]
    return debits_frozen or account.is_dormant, credits_frozen


def _check(account: Account, currency: str, *, is_frozen: bool) -> None:
    said = str(account.pk)
    if account.standing == Standing.CLOSED:
        raise AccountClosed(account_id=said)
    if is_frozen:
        raise AccountFrozen(account_id=said)
    if currency != account.currency:
        raise CurrencyMismatch(account_id=said)


def _check_limit(usage: LimitUsage, asked: Debit, funds: Funds) -> None:
    limit, amount = usage.limit, in_force(usage.limit, now())
    if amount is None or usage.spender_id not in {None, asked.actor_id}:
        return
    if limit.period is Period.BALANCE:
        left = funds.booked_minor - funds.held_minor - amount
    elif limit.channel not in {Channel.ANY, asked.channel}:
        return
    else:
        left = amount if limit.period is Period.TRANSACTION else amount - usage.used_minor
    if asked.amount_minor > left:
        raise SpendingLimitExceeded(
            account_id=str(asked.account_id),
            period=limit.period.value,
            channel=limit.channel.value,
            left_minor=max(left, 0),
        )
