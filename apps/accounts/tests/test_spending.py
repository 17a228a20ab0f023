"""What may be spent and received is answered by the same refusals that a posting would meet."""

from datetime import timedelta

import pytest

from apps.accounts.contracts import AccountNotFound, Accounts, InvalidIban, Product, Role, Spending
from apps.accounts.domain.members import State
from apps.accounts.domain.standing import Change, Direction, Party
from apps.accounts.models import Account, Member
from apps.accounts.services import aliases
from apps.accounts.services.standing import Asked, change_as_asked, change_standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    Channel,
    InsufficientFunds,
    Period,
    SpendingLimit,
    SpendingLimitExceeded,
)
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.money import CurrencyMismatch

pytestmark = pytest.mark.django_db(databases=[OWN], transaction=True)


@pytest.fixture
def account(ledger: FakeLedger) -> Account:
    opened = an_account()
    ledger.credit(opened.pk, 100_00)
    return opened


def debit(account: Account, minor: int = 1, **told):
    asked = {"actor_id": account.owner_id, "currency": "EUR", **told}
    bind(Spending).assert_can_debit(account_id=account.pk, amount_minor=minor, **asked)


def credit(account: Account, currency: str = "EUR") -> None:
    bind(Spending).assert_can_credit(account_id=account.pk, amount_minor=1, currency=currency)


def a_member(account: Account, role: Role, *, may_pay: bool):
    user_id = new_id()
    Member.objects.create(
        id=new_id(),
        account_id=account.pk,
        email=f"{user_id}@example.com",
        user_id=user_id,
        role=role.value,
        may_pay=may_pay,
        pay_minor=None,
        state=State.ACTIVE.value,
        code_hash=b"",
        invited_by=account.owner_id,
        invited_at=now(),
        expires_at=now(),
        changed_at=now(),
    )
    return user_id


def test_all_that_is_there_may_be_spent_and_no_more(account: Account):
    debit(account, 100_00)
    with pytest.raises(InsufficientFunds):
        debit(account, 100_01)


def test_only_who_may_pay_may_spend(account: Account):
    debit(account, actor_id=a_member(account, Role.JOINT, may_pay=True))
    debit(account, actor_id=a_member(account, Role.DELEGATE, may_pay=True))
    for actor_id in (new_id(), a_member(account, Role.DELEGATE, may_pay=False)):
        with pytest.raises(AccountNotFound):
            debit(account, actor_id=actor_id)


@pytest.mark.parametrize(
    ("direction", "debits", "credits_"),
    [
        (Direction.DEBIT, AccountFrozen, None),
        (Direction.CREDIT, None, AccountFrozen),
        (Direction.ALL, AccountFrozen, AccountFrozen),
    ],
)
def test_a_frozen_side_is_said_for_that_side(account: Account, direction, debits, credits_):
    asked = Asked(change=Change.FREEZE, party=Party.HOLDER, direction=direction)
    change_as_asked(account_id=account.pk, asked=asked, asked_at=now())

    assert refusal_of(lambda: debit(account)) is debits
    assert refusal_of(lambda: credit(account)) is credits_


def refusal_of(call) -> type[Refusal] | None:
    try:
        call()
    except Refusal as refusal:
        return type(refusal)
    return None


def test_what_sleeps_or_is_kept_elsewhere_or_closed_says_so(ledger: FakeLedger):
    asleep, outside, closed = an_account(), an_account(product=Product.EXTERNAL), an_account()
    change_standing(account_id=asleep.pk, change=Change.REST, party=Party.BANK, asked_at=now())
    change_standing(account_id=closed.pk, change=Change.CLOSE, party=Party.HOLDER, asked_at=now())

    said = [
        (refusal_of(lambda one=one: debit(one)), refusal_of(lambda one=one: credit(one)))
        for one in (asleep, outside, closed)
    ]

    assert said == [
        (AccountFrozen, None),
        (AccountFrozen, AccountFrozen),
        (AccountClosed, AccountClosed),
    ]


def test_another_currency_is_refused_both_ways(account: Account):
    with pytest.raises(CurrencyMismatch):
        debit(account, currency="GBP")
    with pytest.raises(CurrencyMismatch):
        credit(account, "GBP")


def limit(amount: int, period: Period = Period.DAY, channel: Channel = Channel.ANY, **more):
    return SpendingLimit(period=period, channel=channel, amount_minor=amount, **more)


@pytest.mark.parametrize(
    ("kept", "minor", "is_beyond"),
    [
        (limit(50_00), 20_00, False),
        (limit(50_00), 20_01, True),
        (limit(50_00, Period.TRANSACTION), 50_00, False),
        (limit(50_00, Period.TRANSACTION), 50_01, True),
        (limit(40_00, Period.BALANCE), 60_00, False),
        (limit(40_00, Period.BALANCE), 60_01, True),
        (limit(0, channel=Channel.CARD), 100_00, False),
        (limit(0, next_minor=None, next_at=now() - timedelta(days=1)), 100_00, False),
    ],
)
def test_limits_are_asked_as_the_ledger_has_them(
    account: Account, keeping: FakeKeeping, kept, minor, is_beyond
):
    keeping.kept_limits[(account.pk, None)] = (kept,)
    keeping.kept_limits[(account.pk, new_id())] = (limit(0),)  # somebody else's
    keeping.used[account.pk] = 30_00

    refused = refusal_of(lambda: debit(account, minor))

    assert refused is (SpendingLimitExceeded if is_beyond else None)


def test_an_account_is_known_to_those_who_see_it_and_found_by_its_names(account: Account):
    joint = a_member(account, Role.JOINT, may_pay=True)
    delegate = a_member(account, Role.DELEGATE, may_pay=False)
    aliases.claim(account_id=account.pk, text="ada", at=now())
    accounts = bind(Accounts)

    for actor_id in (account.owner_id, joint, delegate):
        known = accounts.get_account(account_id=account.pk, actor_id=actor_id)
        assert known.account_id == account.pk
    assert accounts.resolve_alias(alias="@ADA").account_id == account.pk
    assert accounts.owners(account_id=account.pk) == (account.owner_id, joint)
    assert accounts.mask(iban=account.iban) == f"DE•• •••• {account.iban[-4:]}"
    for call in (
        lambda: accounts.get_account(account_id=account.pk, actor_id=new_id()),
        lambda: accounts.owners(account_id=new_id()),
        lambda: accounts.resolve_alias(alias="@grace"),
        lambda: accounts.primary_of(owner_id=new_id()),
    ):
        assert refusal_of(call) is AccountNotFound
    assert refusal_of(lambda: accounts.mask(iban="DE00")) is InvalidIban


def test_somebody_who_may_not_pay_reserves_nothing(account: Account, ledger: FakeLedger):
    with pytest.raises(AccountNotFound):
        bind(Spending).reserve(
            reservation_id=new_id(),
            account_id=account.pk,
            actor_id=a_member(account, Role.DELEGATE, may_pay=False),
            amount_minor=1,
            currency="EUR",
            target_account_id=None,
            description="",
            expires_at=now() + timedelta(hours=1),
        )

    assert ledger.set_aside == {}
