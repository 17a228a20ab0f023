"""Setting money aside and what becomes of it: settled, released or expired.

`held_minor` of an account changes under the account's row lock only, together with the hold. The
accounts are locked first, in id order, and the hold after them; so no two of these wait for each
other, and of a commit, a void and an expiry at once exactly one finds the hold open.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from apps.transactions import selectors
from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    ExternalAccount,
    Hold,
    HoldExpired,
    HoldIdReused,
    HoldNotFound,
    HoldNotOpen,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    HoldState,
    InsufficientFunds,
    LedgerAccountKind,
    LedgerAccountNotFound,
    Posted,
    Posting,
    PostingIdReused,
    ReviewState,
    TransactionExpired,
    TransactionVoided,
)
from apps.transactions.domain.holding import NEXT, content_hash, problem_of
from apps.transactions.models import Account, Review
from apps.transactions.models import Hold as HoldRow
from apps.transactions.services import limiting
from apps.transactions.services.posting import post
from vortex.db import lock_in_order, needs_transaction, refusing, unit_of_work
from vortex.money import CurrencyMismatch
from vortex.outbox import publish
from vortex.telemetry import get_logger

_EXPIRED_AT_ONCE: Final = 500

log = get_logger("transactions.holding")


def place(*, hold: Hold, placed_at: datetime) -> HoldRow:
    """Set money aside, or raise the refusal. A second call with the same hold changes nothing."""
    once = refusing({"transactions_hold_pkey": HoldIdReused})
    with once, unit_of_work("transactions") as connection:
        limits = limiting.locked_for_hold(connection, hold, at=placed_at)
        account = _locked({hold.account_id}).get(hold.account_id)
        if account is None:
            raise LedgerAccountNotFound(account_id=str(hold.account_id))
        known = HoldRow.objects.filter(pk=hold.hold_id).first()
        if known is not None:
            if bytes(known.content_hash) != content_hash(hold):
                raise HoldIdReused(hold_id=str(hold.hold_id))
            return known
        problem = problem_of(hold, at=placed_at)
        if problem is not None:
            raise problem
        _release_due(account, placed_at)
        _check(account, hold)
        if limits is not None:
            limits.check_hold(hold)
        return _set_aside(account, hold, placed_at)


def settle(*, hold_id: UUID, posting: Posting, settled_at: datetime) -> Posted:
    """Make a posting out of held money and free the rest. A second call is a replay.

    Whatever refuses the posting (a frozen or closed account, say) leaves the hold as it was.
    """
    with unit_of_work("transactions"):
        account_id = selectors.hold(hold_id=hold_id).account_id
        accounts = _locked({leg.account_id for leg in posting.legs} | {account_id})
        hold = _locked_hold(hold_id)
        if hold.state == HoldState.SETTLED and hold.posting_id == posting.posting_id:
            return post(posting, is_limited=False)
        _check_open(hold, settled_at)
        _check_not_under_review(hold)
        captured = -sum(leg.amount_minor for leg in posting.legs if leg.account_id == account_id)
        if not 0 < captured <= hold.amount_minor:
            raise CaptureExceedsHold(hold_id=str(hold_id))
        _close(accounts[account_id], hold, HoldState.SETTLED, settled_at)
        hold.settled_minor, hold.posting_id = captured, posting.posting_id
        hold.save(update_fields=["state", "closed_at", "settled_minor", "posting_id"])
        posted = post(posting, is_limited=False)  # counted when it was set aside
        if posted.replayed:  # it stood before, so it took nothing of what was set aside
            raise PostingIdReused(posting_id=str(posting.posting_id))
        publish(
            HoldSettled(
                hold_id=hold_id,
                account_id=account_id,
                owner_id=accounts[account_id].owner_id,
                posting_id=posting.posting_id,
                settled_minor=captured,
                released_minor=hold.amount_minor - captured,
                currency=hold.currency,
                settled_at=settled_at,
            )
        )
        return posted


def release(
    *, hold_id: UUID, reason: str, released_at: datetime, is_rejected: bool = False
) -> HoldRow:
    """Set held money free. Releasing twice is releasing once; a settled hold refuses.

    What staff have rejected was not called off by its payer, and is not said to be.
    """
    with unit_of_work("transactions"):
        account_id = selectors.hold(hold_id=hold_id).account_id
        account = _locked({account_id})[account_id]
        hold = _locked_hold(hold_id)
        if hold.state == HoldState.RELEASED:
            return hold
        _check_open(hold, released_at)
        _free(account, hold, HoldState.RELEASED, released_at, reason, is_rejected=is_rejected)
        return hold


@needs_transaction("transactions")
def locked(*, hold_id: UUID) -> HoldRow:
    """Lock the accounts of a pending transaction and its hold; return the hold."""
    known = selectors.hold(hold_id=hold_id)
    sides = (known.account_id, known.target_account_id)
    _locked({account_id for account_id in sides if account_id is not None})
    return _locked_hold(hold_id)


def expire(*, hold_id: UUID, now: datetime) -> bool:
    """Let a hold expire if its time is over; say whether this call did it."""
    with unit_of_work("transactions"):
        account_id = selectors.hold(hold_id=hold_id).account_id
        account = _locked({account_id})[account_id]
        hold = _locked_hold(hold_id)
        if hold.state != HoldState.PLACED or hold.expires_at > now:
            return False
        _free(account, hold, HoldState.EXPIRED, now, "")
        return True


def expire_due(*, now: datetime) -> int:
    """Let every hold expire whose time is over, each in its own transaction; return how many."""
    due = selectors.due_holds(now=now, limit=_EXPIRED_AT_ONCE)
    return sum(expire(hold_id=hold_id, now=now) for hold_id in due)


@needs_transaction("transactions")
def _locked(account_ids: Collection[UUID]) -> dict[UUID, Account]:
    return {
        account.id: account for account in lock_in_order(Account.objects.filter(pk__in=account_ids))
    }


def _locked_hold(hold_id: UUID) -> HoldRow:
    hold = HoldRow.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise HoldNotFound(hold_id=str(hold_id))
    return hold


def _check(account: Account, hold: Hold) -> None:
    said = str(account.id)
    if account.currency != hold.currency:
        raise CurrencyMismatch(account_id=said)
    if account.closed_at is not None:
        raise AccountClosed(account_id=said)
    if account.kind == LedgerAccountKind.EXTERNAL:
        raise ExternalAccount(account_id=said)
    if account.debits_frozen:
        raise AccountFrozen(account_id=said)
    available = account.booked_minor + account.overdraft_minor - account.held_minor
    if account.kind == LedgerAccountKind.CUSTOMER and available < hold.amount_minor:
        raise InsufficientFunds(account_id=said)


def _set_aside(account: Account, hold: Hold, at: datetime) -> HoldRow:
    account.held_minor += hold.amount_minor
    account.save(update_fields=["held_minor"])
    placed = HoldRow.objects.create(
        id=hold.hold_id,
        content_hash=content_hash(hold),
        state=HoldState.PLACED.value,
        placed_at=at,
        **{name: getattr(hold, name) for name in hold.__struct_fields__ if name != "hold_id"},
    )
    publish(
        HoldPlaced(
            hold_id=hold.hold_id,
            account_id=account.id,
            owner_id=account.owner_id,
            amount_minor=hold.amount_minor,
            currency=hold.currency,
            placed_at=at,
            expires_at=hold.expires_at,
        )
    )
    return placed


def _check_open(hold: HoldRow, at: datetime) -> None:
    state = hold.state
    if state == HoldState.PLACED and hold.expires_at <= at:
        state = HoldState.EXPIRED.value  # its row says so as soon as the clockwork comes by
    if state != HoldState.PLACED:
        raise HoldNotOpen(f"the transaction is {state}", hold_id=str(hold.id), state=str(state))


def _check_not_under_review(hold: HoldRow) -> None:
    if hold.target_account_id is not None and _review(hold).exists():
        said = "under_review"
        raise HoldNotOpen("the transaction is under review", hold_id=str(hold.id), state=said)


def _review(hold: HoldRow) -> QuerySet[Review]:
    """Return the open review of a transaction, if there is one; the hold's lock guards it."""
    return Review.objects.filter(pk=hold.id, state=ReviewState.OPEN.value)


def _release_due(account: Account, now: datetime) -> None:
    """Free what expired on this account, so that it does not stand in the way until the clock."""
    due = HoldRow.objects.filter(
        account_id=account.id, state=HoldState.PLACED.value, expires_at__lte=now
    )
    for hold in lock_in_order(due):
        _free(account, hold, HoldState.EXPIRED, now, "")


def _free(
    account: Account,
    hold: HoldRow,
    state: HoldState,
    at: datetime,
    reason: str,
    *,
    is_rejected: bool = False,
) -> None:
    _close(account, hold, state, at)
    hold.save(update_fields=["state", "closed_at"])
    said: dict[str, Any] = {
        "account_id": account.id,
        "owner_id": account.owner_id,
        "amount_minor": hold.amount_minor,
        "currency": hold.currency,
    }
    expired = state is HoldState.EXPIRED
    publish(
        HoldExpired(hold_id=hold.id, expired_at=at, **said)
        if expired
        else HoldReleased(hold_id=hold.id, reason=reason, released_at=at, **said)
    )
    if hold.target_account_id is None:
        return
    _review(hold).update(state=ReviewState.LAPSED.value, decided_at=at)
    if is_rejected:
        return
    publish(
        TransactionExpired(transaction_id=hold.id, expired_at=at, **said)
        if expired
        else TransactionVoided(transaction_id=hold.id, reason=reason, voided_at=at, **said)
    )


def _close(account: Account, hold: HoldRow, state: HoldState, at: datetime) -> None:
    if state not in NEXT[HoldState(hold.state)]:
        raise RuntimeError(f"a {hold.state} hold does not become {state}")
    hold.state, hold.closed_at = state.value, at
    account.held_minor -= hold.amount_minor
    account.save(update_fields=["held_minor"])
    log.info("transactions.hold.closed", hold_id=str(hold.id), state=state.value)
