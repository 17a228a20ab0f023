"""Monitors: set by the holder, fed by postings, speaking once per crossing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.accounts.contracts import (
    AccountBalanceThresholdCrossed,
    MonitorNotFound,
    TooManyMonitors,
)
from apps.accounts.domain.watching import Kind, is_beyond, speaks
from apps.accounts.models import Account, Monitor
from apps.accounts.selectors import money
from apps.accounts.services.rows import locked
from vortex.db import lock_in_order, needs_transaction, unit_of_work
from vortex.db.prepared import held_among
from vortex.outbox import publish

MOST: Final = 20


@dataclass(frozen=True)
class Seen:
    """An entry of an account, as an event told it."""

    account_id: UUID
    posting_id: UUID
    amount_minor: int
    balance_minor: int
    version: int
    booked_at: datetime


def watch(
    *, monitor_id: UUID, account: Account, kind: Kind, amount_minor: int, at: datetime
) -> Monitor:
    """Watch an account from its present balance on; what is beyond already is no crossing."""
    funds = money.funds(account_id=account.pk)
    with unit_of_work("accounts"):
        locked(account.pk)
        known = Monitor.objects.filter(account_id=account.pk)
        former = known.filter(pk=monitor_id).first()
        if former is not None:
            return former
        if known.count() >= MOST:
            raise TooManyMonitors(most=MOST)
        return Monitor.objects.create(
            id=monitor_id,
            account_id=account.pk,
            kind=kind.value,
            amount_minor=amount_minor,
            is_crossed=is_beyond(kind, amount_minor, funds.booked_minor),
            version=funds.version,
            created_at=at,
        )


def stop(*, account_id: UUID, monitor_id: UUID) -> None:
    """Watch no more."""
    with unit_of_work("accounts"):
        if not Monitor.objects.filter(pk=monitor_id, account_id=account_id).delete()[0]:
            raise MonitorNotFound(monitor_id=str(monitor_id))


@needs_transaction("accounts")
def observe(*, seen: Sequence[Seen]) -> None:
    """Let monitors see entries in the order of their accounts; each entry is seen once."""
    by_account: dict[UUID, list[Seen]] = {}
    for one in seen:
        by_account.setdefault(one.account_id, []).append(one)
    watched = held_among("accounts", by_account, table="accounts_monitor", column="account_id")
    monitors = lock_in_order(Monitor.objects.filter(account_id__in=watched))
    accounts = Account.objects.in_bulk({monitor.account_id for monitor in monitors})
    for monitor in monitors:
        account = accounts[monitor.account_id]
        for one in sorted(by_account[account.pk], key=lambda entry: entry.version):
            if one.version > monitor.version:
                _see(monitor, account, one)
        monitor.save(update_fields=["is_crossed", "version"])


def _see(monitor: Monitor, account: Account, one: Seen) -> None:
    kind = Kind(monitor.kind)
    if speaks(
        kind,
        monitor.amount_minor,
        was_beyond=monitor.is_crossed,
        balance_minor=one.balance_minor,
        amount_minor=one.amount_minor,
    ):
        publish(
            AccountBalanceThresholdCrossed(
                account_id=account.pk,
                owner_id=account.owner_id,
                monitor_id=monitor.pk,
                kind=kind.value,
                threshold_minor=monitor.amount_minor,
                balance_minor=one.balance_minor,
                amount_minor=one.amount_minor,
                currency=account.currency,
                posting_id=one.posting_id,
                crossed_at=one.booked_at,
            )
        )
    monitor.is_crossed = is_beyond(kind, monitor.amount_minor, one.balance_minor)
    monitor.version = one.version
