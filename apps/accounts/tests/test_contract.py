"""What accounts promises holds in place and over the wire; another process has no fake ledger."""

from uuid import UUID

import pytest

from apps.accounts.contracts import (
    AccountNotFound,
    Accounts,
    AccountTermsDiffer,
    AccountView,
    Product,
)
from apps.accounts.tests.factories import OWN
from vortex.binding import bind
from vortex.clock import now
from vortex.ids import new_id

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[OWN]),
    pytest.mark.usefixtures("runner"),
    pytest.mark.runners("local", "loopback"),
]


def opened(*, account_id: UUID, owner_id: UUID, currency: str = "EUR") -> AccountView:
    return bind(Accounts).open_account(
        account_id=account_id,
        owner_id=owner_id,
        product=Product.CHECKING,
        currency=currency,
        nickname="Everyday",
        overdraft_minor=0,
        opened_at=now(),
    )


def test_an_account_is_found_by_its_id_its_holder_and_its_iban() -> None:
    owner_id = new_id()

    account = opened(account_id=new_id(), owner_id=owner_id)

    assert bind(Accounts).account(account_id=account.account_id) == account
    assert bind(Accounts).accounts_of(owner_id=owner_id) == (account,)
    assert bind(Accounts).resolve(iban=account.iban.lower()) == account


def test_an_id_stands_for_one_account_and_its_terms() -> None:
    account_id, owner_id = new_id(), new_id()
    first = opened(account_id=account_id, owner_id=owner_id)

    assert opened(account_id=account_id, owner_id=owner_id) == first
    with pytest.raises(AccountTermsDiffer):
        opened(account_id=account_id, owner_id=owner_id, currency="GBP")


def test_an_account_that_nobody_opened_is_not_found() -> None:
    with pytest.raises(AccountNotFound):
        bind(Accounts).account(account_id=new_id())
    assert bind(Accounts).accounts_of(owner_id=new_id()) == ()
