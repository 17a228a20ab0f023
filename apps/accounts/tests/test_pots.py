"""Pots and monitors: each payment's change goes in once, each crossing is told once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.contracts import AccountBalanceThresholdCrossed
from apps.accounts.domain.watching import change_of
from apps.accounts.handlers import round_up, watch_balances
from apps.accounts.models import Account, Monitor, Pot, RoundUp
from apps.accounts.tasks import carry_out_round_ups
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import Period, PostedLeg, PostingKind, TransactionPosted
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def account(ada: Principal, ledger: FakeLedger) -> Account:
    opened = an_account(owner_id=ada.user_id)
    ledger.credit(opened.pk, 100_00)
    return opened


def sent(api: APIClient, address: str, body: dict[str, Any], key: str = "") -> Any:
    return api.post(
        f"/api/accounts/{address}", body, headers={"Idempotency-Key": key or str(new_id())}
    )


def opened(api: APIClient, account: Account, **more: Any) -> dict[str, Any]:
    answer = sent(api, f"{account.pk}/pots", {"name": "Lisbon", **more})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def entry(account: Account, minor: int, balance: int, version: int, kind: str = "card"):
    leg = PostedLeg(
        account_id=account.pk,
        owner_id=account.owner_id,
        amount_minor=minor,
        currency="EUR",
        balance_after_minor=balance,
        version=version,
    )
    return TransactionPosted(
        posting_id=new_id(),
        kind=kind,
        description="",
        category="",
        counterparty="",
        booked_at=now(),
        effective_date=now().date(),
        reverses=None,
        legs=(leg,),
    )


def hear(handler, *events: TransactionPosted) -> None:
    with unit_of_work("accounts"):
        handler(list(events))


def test_a_pot_is_an_account_that_pays_nobody(
    api: APIClient, account: Account, keeping: FakeKeeping, ledger: FakeLedger
):
    pot = opened(api, account, goal=eur("900.00"), goal_date="2027-06-01")

    kept = ledger.kept[Pot.objects.get().pk]
    (limit,) = keeping.kept_limits[(Pot.objects.get().pk, None)]
    assert (kept.owner_id, kept.currency) == (account.owner_id, "EUR")
    assert (limit.period, limit.amount_minor) == (Period.TRANSACTION, 0)
    assert (pot["balance"], pot["goal"]) == (eur("0.00"), eur("900.00"))


def test_money_goes_in_and_out_once_per_key(api: APIClient, account: Account, ledger: FakeLedger):
    pot = opened(api, account)
    into = {"direction": "in", "amount": eur("30.00")}

    first = sent(api, f"pots/{pot['id']}/transfer", into, "one-key")
    again = sent(api, f"pots/{pot['id']}/transfer", into, "one-key")
    out = sent(api, f"pots/{pot['id']}/transfer", {"direction": "out", "amount": eur("10.00")})
    beyond = sent(api, f"pots/{pot['id']}/transfer", {"direction": "out", "amount": eur("20.01")})

    assert first.json() == again.json()
    assert out.json()["balance"] == eur("20.00")
    assert (beyond.status_code, beyond.json()["code"]) == (422, "insufficient_funds")
    assert ledger.kept[account.pk].booked_minor == 80_00
    assert {posting.kind for posting in ledger.postings.values()} == {PostingKind.POT}


def test_a_pot_closes_with_its_money_going_back_and_its_account_after_it(
    api: APIClient, account: Account, ledger: FakeLedger
):
    pot = opened(api, account)
    sent(api, f"pots/{pot['id']}/transfer", {"direction": "in", "amount": eur("100.00")})
    early = api.post(f"/api/accounts/{account.pk}/close")

    closed = [api.delete(f"/api/accounts/pots/{pot['id']}") for _ in range(2)]

    assert early.json()["code"] == "pots_still_open"
    assert [answer.status_code for answer in closed] == [200, 200]
    assert ledger.kept[account.pk].booked_minor == 100_00
    assert api.get(f"/api/accounts/{account.pk}/pots").json()["items"] == []


def test_the_change_of_a_payment_goes_in_once_however_often_it_is_heard(
    api: APIClient, account: Account, ledger: FakeLedger
):
    pot = opened(api, account, round_up=eur("1.00"))
    payment = entry(account, -3_25, 96_75, 2)
    for _ in range(2):
        hear(round_up, payment, entry(account, -5_00, 91_75, 3), entry(account, 7, 92_00, 4))
    hear(round_up, entry(account, -1_10, 90_00, 5, PostingKind.POT.value))

    def die(_: str) -> None:
        raise Unavailable

    ledger.after = die
    carry_out_round_ups()
    ledger.after = lambda _: None
    carry_out_round_ups()

    assert carry_out_round_ups() == 0
    assert api.get(f"/api/accounts/pots/{pot['id']}").json()["balance"] == eur("0.75")
    assert RoundUp.objects.count() == 1


def test_change_that_the_account_does_not_have_stays_out_and_is_not_asked_again(
    api: APIClient, ada: Principal
):
    poor = an_account(owner_id=ada.user_id)
    opened(api, poor, round_up=eur("5.00"))
    hear(round_up, entry(poor, -3_25, 0, 2))

    assert carry_out_round_ups() == 1
    assert carry_out_round_ups() == 0

    assert RoundUp.objects.get().refused_with == "insufficient_funds"


def test_the_change_of_an_account_goes_to_one_pot(api: APIClient, account: Account):
    opened(api, account, round_up=eur("1.00"))

    answer = sent(api, f"{account.pk}/pots", {"name": "Too", "round_up": eur("1.00")})

    assert (answer.status_code, answer.json()["code"]) == (409, "round_up_taken")


def test_a_pot_is_changed_as_it_was_read(api: APIClient, account: Account):
    pot = opened(api, account)
    address = f"/api/accounts/pots/{pot['id']}"
    match = {"If-Match": api.get(address)["ETag"]}

    answers = [
        api.patch(address, {"name": "Porto"}),
        api.patch(address, {"name": "Porto"}, headers=match),
        api.patch(address, {"name": "Faro"}, headers=match),
    ]

    assert [answer.status_code for answer in answers] == [428, 200, 412]
    assert api.get(address).json()["name"] == "Porto"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "\x07"},
        {"name": "x" * 65},
        {"name": "n", "goal": eur("0.00")},
        {"name": "n", "goal": eur("NaN")},
        {"name": "n", "goal": {"amount": "1.00", "currency": "GBP"}},
        {"name": "n", "round_up": eur("-1.00")},
        {"name": "n", "goal_date": "soon"},
    ],
)
def test_a_pot_for_nothing_is_refused(api: APIClient, account: Account, body):
    assert sent(api, f"{account.pk}/pots", body).status_code == 422
    assert not Pot.objects.exists()


def test_somebody_elses_pots_and_monitors_do_not_exist(api: APIClient, ledger: FakeLedger):
    owner = person()
    theirs, client = an_account(owner_id=owner.user_id), client_of(owner)
    pot = opened(client, theirs)
    monitor = sent(client, f"{theirs.pk}/monitors", {"kind": "low", "amount": eur("1.00")}).json()
    ledger.calls.clear()

    answers = [
        api.get(f"/api/accounts/{theirs.pk}/pots"),
        sent(api, f"{theirs.pk}/pots", {"name": "mine"}),
        api.get(f"/api/accounts/pots/{pot['id']}"),
        api.patch(f"/api/accounts/pots/{pot['id']}", {}, headers={"If-Match": "*"}),
        api.delete(f"/api/accounts/pots/{pot['id']}"),
        sent(api, f"pots/{pot['id']}/transfer", {"direction": "out", "amount": eur("1.00")}),
        api.get(f"/api/accounts/{theirs.pk}/monitors"),
        sent(api, f"{theirs.pk}/monitors", {"kind": "low", "amount": eur("1.00")}),
        api.delete(f"/api/accounts/{theirs.pk}/monitors/{monitor['id']}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert ledger.calls == []
    assert Monitor.objects.count() == 1


def test_a_monitor_of_another_account_of_ones_own_is_not_stopped_here(
    api: APIClient, ada: Principal, account: Account
):
    other = an_account(owner_id=ada.user_id)
    monitor = sent(api, f"{account.pk}/monitors", {"kind": "low", "amount": eur("1.00")}).json()

    answer = api.delete(f"/api/accounts/{other.pk}/monitors/{monitor['id']}")

    assert (answer.status_code, answer.json()["code"]) == (404, "monitor_not_found")
    assert api.delete(f"/api/accounts/{account.pk}/monitors/{monitor['id']}").status_code == 204


def test_each_crossing_is_told_once_in_the_order_of_the_account(
    api: APIClient, account: Account, published
):
    for kind, amount in (("low", "50.00"), ("high", "150.00"), ("large_debit", "80.00")):
        assert (
            sent(api, f"{account.pk}/monitors", {"kind": kind, "amount": eur(amount)}).status_code
            == 201
        )
    first, second = entry(account, -60_00, 40_00, 1), entry(account, -10_00, 30_00, 2)
    back, again = entry(account, 40_00, 70_00, 3), entry(account, -65_00, 5_00, 4)
    rich, poor = entry(account, 195_00, 200_00, 5), entry(account, -90_00, 110_00, 6)

    hear(watch_balances, second, first)
    hear(watch_balances, first, second)
    hear(watch_balances, back, again)
    hear(watch_balances, rich, poor)

    told = [(event.kind, event.posting_id) for event in published(AccountBalanceThresholdCrossed)]
    assert sorted(told) == sorted(
        [
            ("low", first.posting_id),
            ("low", again.posting_id),
            ("high", rich.posting_id),
            ("large_debit", poor.posting_id),
        ]
    )


def test_what_is_low_already_is_no_crossing(api: APIClient, account: Account, published):
    sent(api, f"{account.pk}/monitors", {"kind": "low", "amount": eur("500.00")})

    hear(watch_balances, entry(account, -1_00, 99_00, 1))

    assert published(AccountBalanceThresholdCrossed) == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "large_debit", "amount": eur("0.00")},
        {"kind": "sideways", "amount": eur("1.00")},
        {"kind": "low", "amount": {"amount": "1.00", "currency": "GBP"}},
        {"kind": "low", "amount": eur("1e400")},
    ],
)
def test_a_monitor_of_nothing_is_refused(api: APIClient, account: Account, body):
    assert sent(api, f"{account.pk}/monitors", body).status_code == 422
    assert not Monitor.objects.exists()


def test_the_summary_counts_what_is_in_pots(api: APIClient, account: Account):
    pot = opened(api, account)
    sent(api, f"pots/{pot['id']}/transfer", {"direction": "in", "amount": eur("30.00")})

    (euros,) = api.get("/api/accounts/summary").json()["items"]

    assert euros["net"] == eur("100.00")


@given(st.integers(0, 10**12), st.sampled_from([0, 100, 200, 500, 1000]))
def test_a_payment_and_its_change_are_whole(paid: int, unit: int):
    change = change_of(paid, unit)

    assert 0 <= change < max(unit, 1)
    assert unit == 0 or (paid + change) % unit == 0
