"""Freezing, thawing and closing: the ledger enforces it first.

A change of standing is written down before the ledger hears of it, so that whoever comes next can
finish what died between any two lines.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import (
    AccountClosedEvent,
    AccountFrozenEvent,
    AccountUnfrozenEvent,
)
from apps.accounts.domain.standing import RESTRICTIONS, Change, Party, Standing, after
from apps.accounts.models import Account
from apps.accounts.services.rows import locked, store
from apps.transactions.contracts import Ledger
from vortex.binding import bind
from vortex.contracts import Event
from vortex.db import unit_of_work
from vortex.errors import Conflict, NotFound, Refused, Unavailable
from vortex.outbox import publish
from vortex.telemetry import get_logger

# A no of the ledger is known to have changed nothing; an answer that never came is not.
NO: Final = (Conflict, NotFound, Refused)

log = get_logger(__name__)


class ChangeUnderWay(Conflict, code="account_change_under_way", title="Change under way"):
    """The account is being frozen, thawed or closed at this moment; ask again in a few seconds."""


def change_standing(
    *, account_id: UUID, change: Change, party: Party, asked_at: datetime
) -> Account:
    """Freeze, thaw or close an account, in the ledger and here. Asking twice is asking once.

    When this returns the ledger enforces it. A refusal of the ledger, such as money left on an
    account that is to be closed, leaves the account as it was. Where the ledger cannot be reached
    the change stays pending and is finished by the clockwork.
    """
    finish_change(account_id=account_id, now=asked_at)
    target = _begin_change(account_id, change, party, asked_at)
    if target is None:
        return selectors.account(account_id=account_id)
    return _carry_out(account_id, target, asked_at)


def finish_change(*, account_id: UUID, now: datetime) -> None:
    """Finish a change that was begun and abandoned; leave alone what is still being worked on.

    A no of the ledger withdraws the change, which is an end too.
    """
    abandoned = Account.objects.filter(pk=account_id, pending_since_at__lt=_abandoned_before(now))
    if not abandoned.exists():
        return
    with unit_of_work("accounts"):
        target = abandoned.select_for_update().values_list("pending", flat=True).first()
        abandoned.update(pending_since_at=now)  # ours now: nobody else takes it up meanwhile
    if target is not None:
        with suppress(*NO):
            _carry_out(account_id, Standing(target), now)


def finish_abandoned_changes(*, now: datetime) -> int:
    """Finish every change that was begun and abandoned; return how many there were."""
    begun = selectors.changes_abandoned(before=_abandoned_before(now))
    for account_id in begun:
        try:
            finish_change(account_id=account_id, now=now)
        except Unavailable:  # the next run tries again, and the others do not wait for it
            log.warning("accounts.change.not_finished", account_id=str(account_id))
    return len(begun)


def _begin_change(
    account_id: UUID, change: Change, party: Party, asked_at: datetime
) -> Standing | None:
    """Write down where the account is to stand, or return None where it stands there already."""
    with unit_of_work("accounts"):
        account = locked(account_id)
        if account.pending:
            raise ChangeUnderWay(retry_after=int(CHANGE_ABANDONED_AFTER.total_seconds()))
        target = after(Standing(account.standing), change, party)
        if target == account.standing:
            return None
        account.pending, account.pending_since_at = target.value, asked_at
        account.save(update_fields=["pending", "pending_since_at"])
        return target


def _carry_out(account_id: UUID, target: Standing, at: datetime) -> Account:
    try:
        _tell_the_ledger(account_id, target, at)
    except NO:
        _settle(account_id, target, None)
        raise
    return _settle(account_id, target, at)


def _tell_the_ledger(account_id: UUID, target: Standing, at: datetime) -> None:
    if target is Standing.CLOSED:
        bind(Ledger).close_account(account_id=account_id, closed_at=at)
        return
    debits_frozen, credits_frozen = RESTRICTIONS[target]
    bind(Ledger).restrict_account(
        account_id=account_id, debits_frozen=debits_frozen, credits_frozen=credits_frozen
    )


def _settle(account_id: UUID, target: Standing, settled_at: datetime | None) -> Account:
    """End a pending change: it stands as of `settled_at`, or, without an instant, is withdrawn."""
    with unit_of_work("accounts"):
        account = locked(account_id)
        if account.pending != target:  # another worker has ended it already
            return account
        ended: dict[str, Any] = {"pending": "", "pending_since_at": None}
        if settled_at is not None:
            closed_at = settled_at if target is Standing.CLOSED else None
            ended |= {"standing": target.value, "closed_at": closed_at}
            publish(_fact(account, target, settled_at))
        store(account, **ended)
        return account


def _fact(account: Account, target: Standing, at: datetime) -> Event:
    if target is Standing.CLOSED:
        return AccountClosedEvent(account_id=account.pk, owner_id=account.owner_id, closed_at=at)
    if target is Standing.ACTIVE:
        return AccountUnfrozenEvent(
            account_id=account.pk, owner_id=account.owner_id, unfrozen_at=at
        )
    party = Party.BANK if target is Standing.FROZEN_BY_BANK else Party.HOLDER
    return AccountFrozenEvent(
        account_id=account.pk, owner_id=account.owner_id, frozen_by=party.value, frozen_at=at
    )


def _abandoned_before(now: datetime) -> datetime:
    return now - CHANGE_ABANDONED_AFTER
