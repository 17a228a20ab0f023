"""Freezing, thawing and closing: the ledger enforces it first.

A change of standing is written down before the ledger hears of it, so that whoever comes next can
finish what died between any two lines.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from apps.accounts import selectors
from apps.accounts.conf import (
    CHANGE_ABANDONED_AFTER,
    REOPENED_WITHIN,
    open_accounts_per_person,
)
from apps.accounts.contracts import ChangeUnderWay, FreezeIdReused, PotsStillOpen, TooManyAccounts
from apps.accounts.domain.standing import (
    DIRECTIONS,
    RESTRICTIONS,
    Change,
    Direction,
    Party,
    Reason,
    ReopeningTooLate,
    Standing,
    after,
    both,
)
from apps.accounts.models import Account
from apps.accounts.selectors.pots import open_pots
from apps.accounts.services.aliases import release_any
from apps.accounts.services.cards import cancel_all
from apps.accounts.services.opening import one_opening_at_a_time
from apps.accounts.services.ordering import ORDERED, Order, known_order, settle, write_down
from apps.accounts.services.rows import locked, store
from apps.accounts.services.telling import Terms, fact_of
from apps.transactions.contracts import Ledger, LedgerAccounts
from vortex.binding import bind
from vortex.db import refusing, unit_of_work
from vortex.errors import Conflict, NotFound, Refused, Unavailable
from vortex.ids import new_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

# A no of the ledger is known to have changed nothing; an answer that never came is not.
NO: Final = (Conflict, NotFound, Refused)

log = get_logger(__name__)


@dataclass(frozen=True)
class Asked:
    """What is asked of an account's standing, and by whom. Without a direction it is the usual one.

    An account closes into `target_id`, if one is named: then all that is booked goes there.
    What `only_adds` leaves frozen what is frozen. What the bank asks is kept as its order, under
    `order_id` where whoever asks has one.
    """

    change: Change
    party: Party
    actor_id: UUID | None = None
    direction: Direction | None = None
    reason: Reason = Reason.REQUESTED
    target_id: UUID | None = None
    order_id: UUID | None = None
    only_adds: bool = False


def change_standing(
    *, account_id: UUID, change: Change, party: Party, asked_at: datetime
) -> Account:
    """Freeze, thaw or close an account in the usual way; see `change_as_asked`."""
    asked = Asked(change=change, party=party)
    return change_as_asked(account_id=account_id, asked=asked, asked_at=asked_at)


def change_as_asked(*, account_id: UUID, asked: Asked, asked_at: datetime) -> Account:
    """Change where an account stands, in the ledger and here. Asking twice is asking once.

    When this returns the ledger enforces it. A refusal of the ledger, such as money left on an
    account that is to be closed, leaves the account as it was. Where the ledger cannot be reached
    the change stays pending and is finished by the clockwork.
    """
    finish_change(account_id=account_id, now=asked_at)
    begun = _begin_change(account_id, asked, asked_at)
    if begun is None:
        return selectors.account(account_id=account_id)
    return _carry_out(begun, asked_at)


def finish_change(*, account_id: UUID, now: datetime) -> None:
    """Finish a change that was begun and abandoned; leave alone what is still being worked on.

    A no of the ledger withdraws the change, which is an end too.
    """
    abandoned = Account.objects.filter(pk=account_id, pending_since_at__lt=_abandoned_before(now))
    if not abandoned.exists():
        return
    with unit_of_work("accounts"):
        begun = abandoned.select_for_update().first()
        abandoned.update(pending_since_at=now)  # ours now: nobody else takes it up meanwhile
    if begun is not None:
        with suppress(*NO):
            _carry_out(begun, now)


def finish_abandoned_changes(*, now: datetime) -> int:
    """Finish every change that was begun and abandoned; return how many there were."""
    begun = selectors.changes_abandoned(before=_abandoned_before(now))
    for account_id in begun:
        try:
            finish_change(account_id=account_id, now=now)
        except Unavailable:  # the next run tries again, and the others do not wait for it
            log.warning("accounts.change.not_finished", account_id=str(account_id))
    return len(begun)


def _begin_change(account_id: UUID, asked: Asked, asked_at: datetime) -> Account | None:
    """Write down where the account is to stand, or return None where it stands there already."""
    with refusing({"accounts_bank_order_pkey": FreezeIdReused}), unit_of_work("accounts") as ours:
        account = locked(account_id)
        order = _order(account, asked)
        known = known_order(order) if order else None
        if known is not None and known.settled_at is not None:
            return None
        if account.pending:
            raise ChangeUnderWay(retry_after=int(CHANGE_ABANDONED_AFTER.total_seconds()))
        target = after(Standing(account.standing), asked.change, asked.party)
        _refuse_late_reopening(account, asked, asked_at)
        if account.standing == Standing.CLOSED and target is Standing.ACTIVE:
            one_opening_at_a_time(ours, account.owner_id)
            _refuse_one_too_many(account, asked.party)
        if target is Standing.CLOSED and open_pots(account_id=account_id).exists():
            raise PotsStillOpen(account_id=str(account_id))
        direction = _direction(account, asked, target)
        is_new = target != account.standing or _is_turned(account, asked, direction)
        if order is not None and (is_new or asked.order_id is not None):
            write_down(order, at=asked_at, is_settled=not is_new)
        if not is_new:
            return None
        account.pending, account.pending_since_at = target.value, asked_at
        terms = Terms(
            party=asked.party,
            direction=direction,
            reason=asked.reason,
            actor_id=asked.actor_id,
            target_id=asked.target_id,
            posting_id=new_id(),
            order_id=order.order_id if order else None,
        )
        account.pending_terms = msgspec.to_builtins(terms)
        account.save(update_fields=["pending", "pending_since_at", "pending_terms"])
        return account


def _order(account: Account, asked: Asked) -> Order | None:
    """Return the order that is to be kept of a change: the bank's are, a holder's are not."""
    if asked.party is not Party.BANK or asked.change not in ORDERED:
        return None
    return Order(
        order_id=asked.order_id or new_id(),
        account_id=account.pk,
        change=asked.change,
        direction=asked.direction,
        reason=asked.reason,
        actor_id=asked.actor_id,
    )


def _direction(account: Account, asked: Asked, target: Standing) -> Direction | None:
    """Return which side is to be frozen: the usual one where none is named.

    Who takes over a freeze, or ends a sleep by one, sets nothing free by naming the other side.
    """
    usual = DIRECTIONS[target]
    if usual is None:
        return None
    direction = asked.direction or usual
    stands = Direction(account.frozen) if account.frozen else DIRECTIONS[Standing(account.standing)]
    is_theirs = target == account.standing and not asked.only_adds
    return direction if is_theirs else both(direction, stands)


def _is_turned(account: Account, asked: Asked, direction: Direction | None) -> bool:
    """Say whether a frozen account is to be frozen another way by whoever froze it."""
    whose = {Party.HOLDER: Standing.FROZEN_BY_HOLDER, Party.BANK: Standing.FROZEN_BY_BANK}
    is_theirs = account.standing == whose[asked.party]
    return asked.change is Change.FREEZE and is_theirs and direction != account.frozen


def _refuse_one_too_many(account: Account, party: Party) -> None:
    """Hold a holder to the most accounts that one has open; the bank reopens what it has to."""
    most = open_accounts_per_person()
    now_open, _, _ = selectors.numbers_of_accounts(owner_id=account.owner_id)
    if party is Party.HOLDER and now_open >= most:
        raise TooManyAccounts(f"at most {most} accounts are open at a time", most=most)


def _refuse_late_reopening(account: Account, asked: Asked, at: datetime) -> None:
    if asked.change is not Change.REOPEN or account.closed_at is None or asked.party is Party.BANK:
        return
    if account.closed_by != Party.HOLDER or at - account.closed_at > REOPENED_WITHIN:
        raise ReopeningTooLate(account_id=str(account.pk))


def _carry_out(begun: Account, at: datetime) -> Account:
    target, terms = Standing(begun.pending), msgspec.convert(begun.pending_terms, Terms)
    try:
        moved = _tell_the_ledger(begun, target, terms, at)
    except NO:
        _settle(begun.pk, target, terms, None)
        raise
    return _settle(begun.pk, target, terms, at, moved=moved)


def _tell_the_ledger(account: Account, target: Standing, terms: Terms, at: datetime) -> int:
    if target is Standing.CLOSED and terms.target_id is not None:
        return bind(LedgerAccounts).close_into(
            posting_id=terms.posting_id,
            account_id=account.pk,
            target_account_id=terms.target_id,
            description="Account closed",
            actor_id=terms.actor_id,
            closed_at=at,
        )
    if target is Standing.CLOSED:
        bind(Ledger).close_account(account_id=account.pk, closed_at=at)
        return 0
    if account.standing == Standing.CLOSED:
        bind(LedgerAccounts).reopen_account(account_id=account.pk)
        return 0
    debits_frozen, credits_frozen = RESTRICTIONS[terms.direction]
    bind(Ledger).restrict_account(
        account_id=account.pk, debits_frozen=debits_frozen, credits_frozen=credits_frozen
    )
    return 0


def _settle(
    account_id: UUID, target: Standing, terms: Terms, settled_at: datetime | None, *, moved: int = 0
) -> Account:
    """End a pending change: it stands as of `settled_at`, or, without an instant, is withdrawn."""
    with unit_of_work("accounts"):
        account = locked(account_id)
        if account.pending != target:  # another worker has ended it already
            return account
        ended: dict[str, Any] = {"pending": "", "pending_since_at": None, "pending_terms": {}}
        if terms.order_id is not None:
            settle(terms.order_id, at=settled_at)
        if settled_at is not None:
            publish(fact_of(account, target, terms, settled_at, moved))
            is_closed = target is Standing.CLOSED
            frozen = target in {Standing.FROZEN_BY_HOLDER, Standing.FROZEN_BY_BANK}
            ended |= {
                "standing": target.value,
                "closed_at": settled_at if is_closed else None,
                "closed_by": terms.party.value if is_closed else "",
                "frozen": terms.direction.value if frozen and terms.direction else "",
                "frozen_for": terms.reason.value if frozen else "",
            }
            if is_closed:
                cancel_all(account=account, at=settled_at)
                release_any(account=account, at=settled_at)
                ended["is_primary"] = False
            if not is_closed and account.standing in {Standing.CLOSED, Standing.DORMANT}:
                ended["last_moved_date"] = settled_at.date()  # it starts anew
        store(account, **ended)
        return account


def _abandoned_before(now: datetime) -> datetime:
    return now - CHANGE_ABANDONED_AFTER
