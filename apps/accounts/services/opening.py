"""Opening an account, in the ledger first and here second.

It can die between any two lines and be sent again: it is repeatable because the caller brings the
id, and what the ledger has already is left as it is.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.accounts import selectors
from apps.accounts.conf import accounts_per_person, open_accounts_per_person
from apps.accounts.contracts import AccountOpened, AccountTermsDiffer, Product, TooManyAccounts
from apps.accounts.domain.iban import iban_for
from apps.accounts.domain.labels import checked_nickname
from apps.accounts.domain.standing import Standing
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account
from apps.transactions.contracts import (
    AccountIdReused,
    Channel,
    Ledger,
    LedgerAccountKind,
    LedgerAccounts,
    Period,
    SpendingLimit,
)
from vortex.binding import bind
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Unavailable
from vortex.outbox import publish

_KINDS: Final = {Product.EXTERNAL: LedgerAccountKind.EXTERNAL}


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
        minimum_minor=terms.minimum_minor,
        standing=Standing.ACTIVE.value,
        nickname=nickname,
        opened_at=opened_at,
    )
    # An id that somebody else's account has, and an account number drawn twice at one instant.
    taken = {
        "accounts_account_pkey": AccountTermsDiffer,
        "accounts_account_iban_unique": Unavailable,
        "accounts_account_one_primary": Unavailable,
    }
    with refusing(taken), unit_of_work("accounts") as connection:
        one_opening_at_a_time(connection, terms.owner_id)
        return _record(row, terms)


def _on_the_same_terms(account: Account, terms: Terms) -> Account:
    names = ("owner_id", "product", "currency", "overdraft_minor", "minimum_minor")
    if any(getattr(account, name) != getattr(terms, name) for name in names):
        raise AccountTermsDiffer(account_id=str(account.pk))
    return account


def _refuse_too_many(owner_id: UUID) -> bool:
    """Refuse where a person has the most accounts; return whether one of them is the primary."""
    most, most_ever = open_accounts_per_person(), accounts_per_person()
    now_open, ever, primary = selectors.numbers_of_accounts(owner_id=owner_id)
    if now_open >= most or ever >= most_ever:
        raise TooManyAccounts(
            f"at most {most} accounts are open at a time, and {most_ever} in a lifetime",
            most=most,
            most_ever=most_ever,
        )
    return primary > 0


def _open_in_the_ledger(account_id: UUID, terms: Terms, nickname: str, opened_at: datetime) -> None:
    try:
        bind(Ledger).open_account(
            account_id=account_id,
            owner_id=terms.owner_id,
            currency=terms.currency,
            kind=_KINDS.get(terms.product, LedgerAccountKind.CUSTOMER),
            name=nickname,
            overdraft_minor=terms.overdraft_minor,
            opened_at=opened_at,
        )
    except AccountIdReused as refusal:
        raise AccountTermsDiffer(account_id=str(account_id)) from refusal
    if terms.minimum_minor:  # before anybody can name the account, so there is no moment without it
        kept = SpendingLimit(
            period=Period.BALANCE, channel=Channel.ANY, amount_minor=terms.minimum_minor
        )
        bind(LedgerAccounts).set_limits(account_id=account_id, spender_id=None, limits=(kept,))


def one_opening_at_a_time(connection: BaseDatabaseWrapper, owner_id: UUID) -> None:
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
    has_primary = _refuse_too_many(terms.owner_id)
    if terms.product is not Product.EXTERNAL:  # another bank has given it a number
        row.iban = _free_iban(row.pk, row.currency)
        row.is_primary = not has_primary
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
