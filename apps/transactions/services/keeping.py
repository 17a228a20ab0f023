"""What accounts has the ledger keep: limits, mandates, and the two ends of an account's life."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    LedgerAccountNotFound,
    Leg,
    MalformedLimit,
    Posting,
    PostingIdReused,
    PostingKind,
    SpendingLimit,
)
from apps.transactions.models import Account, Limit, Mandate
from apps.transactions.models import Posting as PostingRow
from apps.transactions.services.accounts import close_account
from apps.transactions.services.posting import post
from vortex.db import lock_in_order, needs_transaction, unit_of_work
from vortex.ids import new_id
from vortex.money import MAX_MINOR
from vortex.telemetry import get_logger

log = get_logger("transactions.keeping")


def set_limits(
    *, account_id: UUID, spender_id: UUID | None, limits: Sequence[SpendingLimit]
) -> None:
    """Put limits in the place of all that bind a spender, or (None) everybody.

    A row that stays keeps its id, so whoever waits for its lock finds the new amount in it.
    """
    _check(limits)
    selectors.account(account_id=account_id)
    with unit_of_work("transactions"):
        former = Limit.objects.filter(account_id=account_id, spender_id=spender_id)
        known = {(row.period, row.channel): row for row in lock_in_order(former)}
        for wanted in limits:
            row = known.pop((wanted.period.value, wanted.channel.value), None) or Limit(
                id=new_id(),
                account_id=account_id,
                spender_id=spender_id,
                period=wanted.period.value,
                channel=wanted.channel.value,
            )
            row.amount_minor = wanted.amount_minor
            row.next_minor, row.next_at = wanted.next_minor, wanted.next_at
            row.save()
        Limit.objects.filter(pk__in=[row.pk for row in known.values()]).delete()
    log.info("transactions.limits.set", account_id=str(account_id), limits=len(limits))


def grant(*, account_id: UUID, user_id: UUID, may_pay: bool) -> None:
    """Let somebody besides the owner see an account, and pay from it where they may."""
    selectors.account(account_id=account_id)
    with unit_of_work("transactions"):
        Mandate.objects.update_or_create(
            user_id=user_id, account_id=account_id, defaults={"may_pay": may_pay}
        )


def revoke(*, account_id: UUID, user_id: UUID) -> None:
    """Let somebody see and pay no more, and forget the limits that bound them."""
    with unit_of_work("transactions"):
        Mandate.objects.filter(user_id=user_id, account_id=account_id).delete()
        Limit.objects.filter(spender_id=user_id, account_id=account_id).delete()


def reopen(*, account_id: UUID) -> None:
    """Let a closed account take postings again, on both sides."""
    with unit_of_work("transactions"):
        account = _locked([account_id])[account_id]
        account.closed_at = None
        account.debits_frozen = account.credits_frozen = False
        account.save(update_fields=["closed_at", "debits_frozen", "credits_frozen"])


def close_into(
    *,
    posting_id: UUID,
    account_id: UUID,
    target_account_id: UUID,
    description: str,
    actor_id: UUID | None,
    closed_at: datetime,
) -> int:
    """Move all that is booked to another account and close, both or neither; return what moved.

    Both accounts are locked before the amount is read, so nothing comes in between.
    """
    with unit_of_work("transactions"):
        account = _locked([account_id, target_account_id])[account_id]
        if account.closed_at is not None:
            return _moved_before(posting_id, account_id)
        moved = account.booked_minor
        if moved:
            legs = (
                Leg(account_id=account_id, amount_minor=-moved, currency=account.currency),
                Leg(account_id=target_account_id, amount_minor=moved, currency=account.currency),
            )
            ending = Posting(
                posting_id=posting_id,
                legs=legs,
                kind=PostingKind.TRANSFER,
                description=description,
                category="transfers",
                actor_id=actor_id,
            )
            if post(ending, is_limited=False).replayed:
                raise PostingIdReused(posting_id=str(posting_id))
        close_account(account_id=account_id, closed_at=closed_at)
        return moved


def _moved_before(posting_id: UUID, account_id: UUID) -> int:
    if not PostingRow.objects.filter(pk=posting_id).exists():
        return 0
    entries = selectors.entries_of_posting(posting_id=posting_id)
    return -sum(entry.amount_minor for entry in entries if entry.account_id == account_id)


def _check(limits: Sequence[SpendingLimit]) -> None:
    if len({(limit.period, limit.channel) for limit in limits}) < len(limits):
        raise MalformedLimit("two limits are about the same period and way")
    for limit in limits:
        amounts = (limit.amount_minor, limit.next_minor or 0)
        if not all(0 <= amount <= MAX_MINOR for amount in amounts):
            raise MalformedLimit("an amount is not negative and within the ledger's range")


@needs_transaction("transactions")
def _locked(account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    found = {row.id: row for row in lock_in_order(Account.objects.filter(pk__in=account_ids))}
    for account_id in account_ids:
        if account_id not in found:
            raise LedgerAccountNotFound(account_id=str(account_id))
    return found
