"""Writes of accounts. The ledger is called before a transaction, never inside one.

Every write here can die between any two lines and be sent again. Opening is repeatable because the
caller brings the id: what the ledger has already is left as it is. A change of standing is written
down before the ledger hears of it, so that whoever comes next can finish it.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.accounts import selectors
from apps.accounts.conf import CHANGE_ABANDONED_AFTER, accounts_per_person, open_accounts_per_person
from apps.accounts.contracts import (
    AccountClosedEvent,
    AccountFrozenEvent,
    AccountNotFound,
    AccountOpened,
    AccountTermsDiffer,
    AccountUnfrozenEvent,
    AccountUpdated,
    TooManyAccounts,
)
from apps.accounts.domain.iban import iban_for
from apps.accounts.domain.labels import checked_nickname
from apps.accounts.domain.standing import RESTRICTIONS, Change, Party, Standing, after
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account
from apps.transactions.contracts import AccountIdReused, Ledger, LedgerAccountKind
from vortex.binding import bind
from vortex.contracts import Event
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Conflict, NotFound, Refused, Unavailable
from vortex.http.refusals import PreconditionFailed
from vortex.outbox import publish
from vortex.telemetry import get_logger

# A no of the ledger is known to have changed nothing; an answer that never came is not.
NO: Final = (Conflict, NotFound, Refused)

log = get_logger(__name__)


class ChangeUnderWay(Conflict, code="account_change_under_way", title="Change under way"):
    """The account is being frozen, thawed or closed at this moment; ask again in a few seconds."""


def open_account(*, account_id: UUID, terms: Terms, nickname: str, opened_at: datetime) -> Account:
    """Open an account in the ledger and here. A second call with the same terms opens nothing.

    Should the process die after the ledger has answered, the ledger keeps an empty account that
    nobody can name, and the next call with this id completes it.
    """
    nickname = checked_nickname(nickname)
    known = selectors.account_or_none(account_id=account_id)
    if known is not None:
        return _on_the_same_terms(known, terms)
    _refuse_too_many(terms.owner_id)
    _open_in_the_ledger(account_id, terms, nickname, opened_at)
    row = Account(
        pk=account_id,
        owner_id=terms.owner_id,
        product=terms.product.value,
        currency=terms.currency,
        overdraft_minor=terms.overdraft_minor,
        standing=Standing.ACTIVE.value,
        nickname=nickname,
        opened_at=opened_at,
    )
    # An id that somebody else's account has, and an account number drawn twice at one instant.
    taken = {
        "accounts_account_pkey": AccountTermsDiffer,
        "accounts_account_iban_unique": Unavailable,
    }
    with refusing(taken), unit_of_work("accounts") as connection:
        _one_opening_at_a_time(connection, terms.owner_id)
        return _record(row, terms)


def change_settings(
    *, account_id: UUID, changes: dict[str, Any], expected_version: int | None, changed_at: datetime
) -> Account:
    """Change what the holder may: nickname, colour, position, hidden. No change is no event.

    With an `expected_version` that is not the present one the change is refused.
    """
    if "nickname" in changes:
        changes = {**changes, "nickname": checked_nickname(changes["nickname"])}
    with unit_of_work("accounts"):
        account = _locked(account_id)
        if expected_version not in {None, account.version}:
            raise PreconditionFailed(version=account.version)
        changed = {
            name: value for name, value in changes.items() if getattr(account, name) != value
        }
        if changed:
            _store(account, **changed)
            publish(
                AccountUpdated(
                    account_id=account.pk, owner_id=account.owner_id, updated_at=changed_at
                )
            )
        return account


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


def _on_the_same_terms(account: Account, terms: Terms) -> Account:
    agreed = (account.owner_id, account.product, account.currency, account.overdraft_minor)
    if agreed != (terms.owner_id, terms.product, terms.currency, terms.overdraft_minor):
        raise AccountTermsDiffer(account_id=str(account.pk))
    return account


def _refuse_too_many(owner_id: UUID) -> None:
    most, most_ever = open_accounts_per_person(), accounts_per_person()
    now_open, ever = selectors.numbers_of_accounts(owner_id=owner_id)
    if now_open >= most or ever >= most_ever:
        raise TooManyAccounts(
            f"at most {most} accounts are open at a time, and {most_ever} in a lifetime",
            most=most,
            most_ever=most_ever,
        )


def _open_in_the_ledger(account_id: UUID, terms: Terms, nickname: str, opened_at: datetime) -> None:
    try:
        bind(Ledger).open_account(
            account_id=account_id,
            owner_id=terms.owner_id,
            currency=terms.currency,
            kind=LedgerAccountKind.CUSTOMER,
            name=nickname,
            overdraft_minor=terms.overdraft_minor,
            opened_at=opened_at,
        )
    except AccountIdReused as refusal:
        raise AccountTermsDiffer(account_id=str(account_id)) from refusal


def _one_opening_at_a_time(connection: BaseDatabaseWrapper, owner_id: UUID) -> None:
    """Make a person's openings wait for each other, so that two cannot both be the last allowed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"accounts.open:{owner_id}"]
        )


@needs_transaction("accounts")
def _record(row: Account, terms: Terms) -> Account:
    known = selectors.account_or_none(account_id=row.pk)
    if known is not None:  # the same request, sent twice at once
        return _on_the_same_terms(known, terms)
    _refuse_too_many(terms.owner_id)
    row.iban = _free_iban(row.pk, row.currency)
    row.save(force_insert=True)
    publish(
        AccountOpened(
            account_id=row.pk,
            owner_id=row.owner_id,
            product=row.product,
            currency=row.currency,
            opened_at=row.opened_at,
        )
    )
    return row


def _free_iban(account_id: UUID, currency: str) -> str:
    attempt = 0
    while Account.objects.filter(iban=iban_for(account_id, currency, attempt)).exists():
        attempt += 1
    return iban_for(account_id, currency, attempt)


def _begin_change(
    account_id: UUID, change: Change, party: Party, asked_at: datetime
) -> Standing | None:
    """Write down where the account is to stand, or return None where it stands there already."""
    with unit_of_work("accounts"):
        account = _locked(account_id)
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
        account = _locked(account_id)
        if account.pending != target:  # another worker has ended it already
            return account
        ended: dict[str, Any] = {"pending": "", "pending_since_at": None}
        if settled_at is not None:
            closed_at = settled_at if target is Standing.CLOSED else None
            ended |= {"standing": target.value, "closed_at": closed_at}
            publish(_fact(account, target, settled_at))
        _store(account, **ended)
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


@needs_transaction("accounts")
def _locked(account_id: UUID) -> Account:
    found = Account.objects.select_for_update().filter(pk=account_id).first()
    if found is None:
        raise AccountNotFound(account_id=str(account_id))
    return found


@needs_transaction("accounts")
def _store(account: Account, **changed: Any) -> None:
    for name, value in changed.items():
        setattr(account, name, value)
    account.version += 1
    account.save(update_fields=[*changed, "version"])


def _abandoned_before(now: datetime) -> datetime:
    return now - CHANGE_ABANDONED_AFTER
