"""Changing spending limits: written down, told to the ledger, then said.

What is wanted is written down first, with its moment. Whoever finishes it computes the same limits
from it, so it does not matter who does, or how often.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from apps.accounts import selectors
from apps.accounts.conf import CHANGE_ABANDONED_AFTER, cooling_off
from apps.accounts.contracts import AccountIsClosed, AccountLimitChanged, ChangeUnderWay
from apps.accounts.domain.limits import Changed, after, parts_of
from apps.accounts.domain.standing import Standing
from apps.accounts.models import LimitChange
from apps.accounts.services.rows import locked
from apps.accounts.services.standing import NO
from apps.transactions.contracts import LedgerAccounts, LimitUsage, SpendingLimit
from vortex.binding import bind
from vortex.db import unit_of_work
from vortex.errors import Refusal, Unavailable
from vortex.ids import new_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

_AT_ONCE: Final = 100

log = get_logger(__name__)


def change_limits(
    *,
    account_id: UUID,
    wanted: Mapping[str, int | None],
    asked_by: UUID,
    asked_at: datetime,
    card_id: UUID | None = None,
) -> tuple[LimitUsage, ...]:
    """Set, change or (None) lift limits of an account, or of one of its cards. Twice is once.

    Less room holds when this returns; more room holds after it has cooled off. Refuses while
    another change is under way, and on a closed account.
    """
    _finish_abandoned(account_id, asked_at)
    with unit_of_work("accounts"):
        account = locked(account_id)
        if account.standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account_id))
        if LimitChange.objects.filter(account_id=account_id, ended_at__isnull=True).exists():
            raise ChangeUnderWay(retry_after=int(CHANGE_ABANDONED_AFTER.total_seconds()))
        change = LimitChange.objects.create(
            id=new_id(),
            account_id=account_id,
            card_id=card_id,
            wanted=dict(wanted),
            asked_by=asked_by,
            asked_at=asked_at,
            taken_up_at=asked_at,
        )
    return _carry_out(change)


def finish_abandoned_changes(*, now: datetime) -> int:
    """Finish every change that was begun and abandoned; return how many there were."""
    begun = LimitChange.objects.filter(ended_at__isnull=True, taken_up_at__lt=_before(now))
    account_ids = list(
        begun.order_by("taken_up_at").values_list("account_id", flat=True)[:_AT_ONCE]
    )
    for account_id in account_ids:
        try:
            _finish_abandoned(account_id, now)
        except Unavailable:  # the next run tries again, and the others do not wait for it
            log.warning("accounts.limits.not_finished", account_id=str(account_id))
    return len(account_ids)


def _finish_abandoned(account_id: UUID, now: datetime) -> None:
    begun = LimitChange.objects.filter(
        account_id=account_id, ended_at__isnull=True, taken_up_at__lt=_before(now)
    )
    if not begun.exists():
        return
    with unit_of_work("accounts"):
        change = begun.select_for_update().first()
        if change is None:
            return
        change.taken_up_at = now  # ours now: nobody else takes it up meanwhile
        change.save(update_fields=["taken_up_at"])
    with suppress(*NO):
        _carry_out(change)


def _carry_out(change: LimitChange) -> tuple[LimitUsage, ...]:
    ledger = bind(LedgerAccounts)
    try:
        plan = _planned(change)
        used = ledger.set_limits(
            account_id=change.account_id, spender_id=change.card_id, limits=plan.limits
        )
    except Refusal as refusal:
        if isinstance(refusal, NO):  # known to have changed nothing
            _end(change, ())
        raise
    _end(change, plan.changes, is_applied=True)
    return used


def _planned(change: LimitChange) -> "_Plan":
    """Return what the ledger is to be told, computed once from what it had before."""
    if change.plan is not None:
        return msgspec.convert(change.plan, _Plan)
    known = bind(LedgerAccounts).limits(account_id=change.account_id)
    plan = _Plan(
        *after(
            [usage.limit for usage in known if usage.spender_id == change.card_id],
            change.wanted,
            at=change.asked_at,
            later=change.asked_at + cooling_off(),
        )
    )
    change.plan = msgspec.to_builtins(plan)
    with unit_of_work("accounts"):
        change.save(update_fields=["plan"])
    return plan


class _Plan(msgspec.Struct):
    limits: tuple[SpendingLimit, ...]
    changes: tuple[Changed, ...]


def _end(change: LimitChange, changes: Sequence[Changed], *, is_applied: bool = False) -> None:
    with unit_of_work("accounts"):
        ended = LimitChange.objects.filter(pk=change.pk, ended_at__isnull=True)
        if not ended.update(ended_at=change.taken_up_at, is_applied=is_applied):
            return  # another worker has ended it already
        account = selectors.account(account_id=change.account_id)
        for changed in changes:
            period, channel = parts_of(changed.key)
            publish(
                AccountLimitChanged(
                    account_id=account.pk,
                    owner_id=account.owner_id,
                    period=period.value,
                    channel=channel.value,
                    amount_minor=changed.amount_minor,
                    currency=account.currency,
                    effective_at=changed.effective_at,
                    changed_by=change.asked_by,
                    changed_at=change.asked_at,
                    card_id=change.card_id,
                )
            )


def _before(now: datetime) -> datetime:
    return now - CHANGE_ABANDONED_AFTER
