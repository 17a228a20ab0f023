"""What a customer brings along is put in place once, whoever dies on the way."""

import pytest

from apps.accounts.contracts import (
    AccountNotFound,
    ArrangedLimit,
    ArrangedMonitor,
    ArrangedPot,
    Arrangement,
    ArrangementRefused,
    Arranging,
    Role,
)
from apps.accounts.models import Account, Alias, Card, Member, Monitor, Pot
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeKeeping
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from apps.transactions.contracts import Channel, Period, SpendingLimit
from vortex.binding import bind
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN], transaction=True)

DAY = ArrangedLimit(period=Period.DAY, channel=Channel.CASH, amount_minor=500_00)


@pytest.fixture
def account(ledger: FakeLedger) -> Account:
    opened = an_account()
    ledger.credit(opened.pk, 100_00)
    return opened


def whole(users: FakeUsers) -> Arrangement:
    friend = new_id()
    users.names[friend] = "Grace Hopper"
    return Arrangement(
        limits=(DAY,),
        monitors=(ArrangedMonitor(kind="low", amount_minor=50_00),),
        pots=(ArrangedPot(name="Crete", round_up_minor=100, start_minor=30_00),),
        cards=("Shopping",),
        alias="ada",
        joint_holder_id=friend,
    )


def arrange(account: Account, arrangement: Arrangement, arrangement_id=None) -> None:
    bind(Arranging).arrange(
        arrangement_id=arrangement_id or new_id(),
        account_id=account.pk,
        arrangement=arrangement,
        arranged_at=now(),
    )


def test_everything_is_put_in_place_once(
    account: Account, ledger: FakeLedger, keeping: FakeKeeping, users: FakeUsers
):
    arrangement, arrangement_id = whole(users), new_id()

    for _ in range(2):
        arrange(account, arrangement, arrangement_id)

    models = (Pot, Monitor, Card, Alias, Member)
    assert [model.objects.count() for model in models] == [1, 1, 1, 1, 1]
    [limit] = keeping.kept_limits[(account.pk, None)]
    assert (limit.period, limit.amount_minor) == (Period.DAY, 500_00)
    assert ledger.kept[Pot.objects.get().pk].booked_minor == 30_00
    assert keeping.mandates == {(account.pk, arrangement.joint_holder_id): True}
    assert Member.objects.get().role == Role.JOINT


@pytest.mark.parametrize("step", ["open_account", "set_limits", "post", "grant"])
def test_what_died_half_way_is_completed_by_sending_it_again(
    account: Account, ledger: FakeLedger, users: FakeUsers, step
):
    arrangement, arrangement_id = whole(users), new_id()

    def vanish(name: str) -> None:
        if name == step:
            raise Unavailable

    ledger.after = vanish
    with pytest.raises(Unavailable):
        arrange(account, arrangement, arrangement_id)
    ledger.after = lambda _: None
    arrange(account, arrangement, arrangement_id)

    assert [model.objects.count() for model in (Pot, Monitor, Card, Alias, Member)] == [1] * 5
    assert ledger.kept[account.pk].booked_minor == 70_00


def test_a_limit_that_is_there_stays_and_what_is_refused_says_why(
    account: Account, keeping: FakeKeeping
):
    own = SpendingLimit(period=Period.DAY, channel=Channel.CASH, amount_minor=1)
    keeping.kept_limits[(account.pk, None)] = (own,)

    arrange(account, Arrangement(limits=(DAY,)))
    with pytest.raises(ArrangementRefused) as refused:
        arrange(account, Arrangement(pots=(ArrangedPot(name="Crete", start_minor=100_01),)))

    assert keeping.kept_limits[(account.pk, None)] == (own,)
    assert refused.value.facts["because"] == "insufficient_funds"
    with pytest.raises(AccountNotFound):
        arrange(Account(pk=new_id()), Arrangement())
