"""Spending limits: less at once, more after a while, both only by who proves to be the holder."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.conf import CHANGE_ABANDONED_AFTER, cooling_off
from apps.accounts.contracts import AccountLimitChanged, ChangeUnderWay
from apps.accounts.domain.limits import after, in_force, key_of
from apps.accounts.models import Account, LimitChange
from apps.accounts.services import limits
from apps.accounts.tasks import finish_abandoned_limits
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import Channel, LedgerAccountNotFound, Period, SpendingLimit
from vortex.clock import now
from vortex.contracts import Principal
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])

DAY = SpendingLimit(period=Period.DAY, channel=Channel.ANY, amount_minor=500_00)


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def limits_of(keeping: FakeKeeping, account: Account) -> tuple[SpendingLimit, ...]:
    return keeping.kept_limits.get((account.pk, None), ())


@pytest.fixture
def account(ada: Principal, keeping: FakeKeeping) -> Account:
    opened = an_account(owner_id=ada.user_id)
    keeping.kept_limits[(opened.pk, None)] = (DAY,)
    return opened


def patched(api: APIClient, account: Account, amount: str, key: str = "day.any"):
    address = f"/api/accounts/{account.pk}/limits"
    match = {"If-Match": api.get(address)["ETag"]}
    return api.patch(f"{address}/{key}", {"amount": eur(amount)}, headers=match)


def test_a_first_limit_holds_at_once_and_is_told(
    api: APIClient, ada: Principal, keeping: FakeKeeping, published
):
    account = an_account(owner_id=ada.user_id)
    wanted = {"period": "month", "channel": "card", "amount": eur("750.00")}

    answer = api.post(f"/api/accounts/{account.pk}/limits", wanted)

    assert answer.status_code == 201, answer.content
    (shown,) = answer.json()["items"]
    assert (shown["id"], shown["amount"], shown["next_at"]) == ("month.card", eur("750.00"), None)
    (kept,) = limits_of(keeping, account)
    assert (kept.period, kept.channel, kept.amount_minor) == (Period.MONTH, Channel.CARD, 75_000)
    [event] = published(AccountLimitChanged)
    assert (event.amount_minor, event.changed_by) == (75_000, ada.user_id)
    assert event.effective_at == event.changed_at


def test_less_holds_at_once_and_more_only_after_it_has_cooled_off(
    api: APIClient, account: Account, keeping: FakeKeeping, published
):
    less = patched(api, account, "100.00").json()["items"][0]
    more = patched(api, account, "900.00").json()["items"][0]

    assert (less["amount"], less["next_at"]) == (eur("100.00"), None)
    assert (more["amount"], more["next_amount"]) == (eur("100.00"), eur("900.00"))
    (kept,) = limits_of(keeping, account)
    told = published(AccountLimitChanged)[1]
    assert kept.next_at == told.effective_at == told.changed_at + cooling_off()


def test_lifting_a_limit_is_more_room_and_waits_too(
    api: APIClient, account: Account, keeping: FakeKeeping
):
    address = f"/api/accounts/{account.pk}/limits"
    match = {"If-Match": api.get(address)["ETag"]}

    shown = api.delete(f"{address}/day.any", headers=match).json()["items"][0]

    assert (shown["amount"], shown["next_amount"]) == (eur("500.00"), None)
    assert shown["next_at"] is not None
    (kept,) = limits_of(keeping, account)
    assert (kept.amount_minor, kept.next_minor) == (50_000, None)


def test_taking_a_raise_back_does_not_wait(api: APIClient, account: Account, keeping: FakeKeeping):
    patched(api, account, "900.00")

    patched(api, account, "500.00")

    assert limits_of(keeping, account) == (DAY,)


def test_asking_for_the_same_raise_again_does_not_make_it_wait_longer(
    api: APIClient, account: Account, keeping: FakeKeeping, published
):
    patched(api, account, "900.00")
    first = limits_of(keeping, account)

    patched(api, account, "900.00")

    assert limits_of(keeping, account) == first
    assert len(published(AccountLimitChanged)) == 1


@pytest.mark.parametrize(
    "request_of", list(product(["post", "patch", "delete"], ["stale", "ended", "none"]))
)
def test_no_limit_changes_without_a_fresh_proof(
    ada: Principal, account: Account, keeping: FakeKeeping, presence: FakeChallenges, request_of
):
    method, proof = request_of
    presence.is_fresh, presence.has_session = proof != "stale", proof != "ended"
    caller = person(user_id=ada.user_id)
    if proof == "none":
        caller = Principal(user_id=ada.user_id, roles=("customer",))
    address = f"/api/accounts/{account.pk}/limits" + ("" if method == "post" else "/day.any")
    wanted = {"period": "month", "amount": eur("1.00")}

    answer = getattr(client_of(caller), method)(address, wanted, headers={"If-Match": "*"})

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert "insufficient_user_authentication" in answer["WWW-Authenticate"]
    assert limits_of(keeping, account) == (DAY,)
    assert not LimitChange.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"amount": eur("-1.00")}, 422),
        ({"amount": eur("NaN")}, 422),
        ({"amount": eur("1e400")}, 422),
        ({"amount": eur("99999999999999999999")}, 422),
        ({"amount": {"amount": 5, "currency": "EUR"}}, 422),
        ({"amount": {"amount": "5.00", "currency": "GBP"}}, 422),
        ({"amount": eur("1.00"), "period": "balance"}, 422),
        ({"amount": eur("1.00"), "period": "century"}, 422),
        ({"amount": eur("1.00"), "channel": "carrier pigeon"}, 422),
        ({"amount": eur("1.00"), "period": "day"}, 409),
    ],
)
def test_what_is_no_limit_is_refused(
    api: APIClient, account: Account, keeping: FakeKeeping, wanted, status
):
    answer = api.post(f"/api/accounts/{account.pk}/limits", {"period": "month", **wanted})

    assert answer.status_code == status, answer.content
    assert limits_of(keeping, account) == (DAY,)


def test_a_change_needs_the_limits_that_were_read(api: APIClient, account: Account):
    address = f"/api/accounts/{account.pk}/limits"
    etag, amount = api.get(address)["ETag"], {"amount": eur("100.00")}

    blind = api.patch(f"{address}/day.any", amount)
    first = api.patch(f"{address}/day.any", amount, headers={"If-Match": etag})
    late = api.patch(f"{address}/day.any", amount, headers={"If-Match": etag})
    unknown = api.patch(f"{address}/month.cash", amount, headers={"If-Match": "*"})

    assert (blind.status_code, first.status_code, late.status_code) == (428, 200, 412)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "limit_not_found")


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_somebody_elses_limits_do_not_exist(api: APIClient, keeping: FakeKeeping, method):
    theirs = an_account()
    keeping.kept_limits[(theirs.pk, None)] = (DAY,)
    address = f"/api/accounts/{theirs.pk}/limits" + (
        "" if method in {"get", "post"} else "/day.any"
    )

    answer = getattr(api, method)(
        address,
        None if method == "get" else {"period": "month", "amount": eur("1.00")},
        headers={"If-Match": "*"},
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "bank_account_not_found")
    assert keeping.kept_limits[(theirs.pk, None)] == (DAY,)


def test_what_is_used_is_the_ledgers(api: APIClient, account: Account, keeping: FakeKeeping):
    keeping.used[account.pk] = 620_00

    (shown,) = api.get(f"/api/accounts/{account.pk}/limits").json()["items"]

    assert (shown["used"], shown["left"]) == (eur("620.00"), eur("0.00"))


def test_what_an_account_has_to_keep_is_not_the_holders_to_change(
    api: APIClient, account: Account, keeping: FakeKeeping
):
    floor = SpendingLimit(period=Period.BALANCE, channel=Channel.ANY, amount_minor=10_00)
    keeping.kept_limits[(account.pk, None)] = (DAY, floor)

    patched(api, account, "100.00")
    lifted = api.delete(f"/api/accounts/{account.pk}/limits/balance.any", headers={"If-Match": "*"})

    assert floor in limits_of(keeping, account)
    assert lifted.status_code == 404


def change(account: Account, amount: int | None = 10_000, key: str = "day.any", at=None):
    return limits.change_limits(
        account_id=account.pk,
        wanted={key: amount},
        asked_by=account.owner_id,
        asked_at=at or now(),
    )


def unreachable(_: str) -> None:
    raise Unavailable


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_change_whose_process_died_is_finished_with_its_own_moment(
    account: Account, ledger: FakeLedger, keeping: FakeKeeping, published, moment
):
    long_ago = now() - 2 * CHANGE_ABANDONED_AFTER
    setattr(ledger, moment, unreachable)
    with pytest.raises(Unavailable):
        change(account, 90_000, at=long_ago)
    with pytest.raises(ChangeUnderWay):
        change(account, 1, at=long_ago)
    setattr(ledger, moment, lambda _: None)

    assert finish_abandoned_limits() == 1
    assert finish_abandoned_limits() == 0

    (kept,) = limits_of(keeping, account)
    assert kept.next_at == long_ago + cooling_off()
    assert len(published(AccountLimitChanged)) == 1


def test_a_no_of_the_ledger_ends_the_change_and_says_nothing(
    account: Account, ledger: FakeLedger, published
):
    kept = ledger.kept.pop(account.pk)

    with pytest.raises(LedgerAccountNotFound):
        change(account)

    assert published(AccountLimitChanged) == []
    ledger.kept[account.pk] = kept
    change(account)


def test_an_unreachable_ledger_leaves_the_change_for_the_next_run(
    account: Account, ledger: FakeLedger
):
    ledger.before = unreachable
    with pytest.raises(Unavailable):
        change(account, at=now() - timedelta(minutes=5))

    assert finish_abandoned_limits() == 1
    assert LimitChange.objects.filter(ended_at__isnull=True).count() == 1


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_changes_at_once_lose_none_of_those_that_were_accepted(
    ada: Principal, keeping: FakeKeeping
):
    account, together = an_account(owner_id=ada.user_id), threading.Barrier(6)
    keys = [f"{period}.{way}" for period in ("day", "month") for way in ("card", "cash", "any")]

    def ask(key: str) -> str | None:
        together.wait()
        try:
            change(account, 100, key)
        except ChangeUnderWay:
            return None
        finally:
            connections.close_all()
        return key

    with ThreadPoolExecutor(6) as threads:
        accepted = {key for key in threads.map(ask, keys) if key}

    kept = {key_of(limit.period, limit.channel) for limit in limits_of(keeping, account)}
    assert kept == accepted != set()


AMOUNTS = st.none() | st.integers(0, 1000)


@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.integers(0, 24))
def test_no_sequence_of_changes_gives_more_room_before_it_has_cooled_off(wanted, step_hours):
    at, wait = now(), timedelta(hours=12)
    known: tuple[SpendingLimit, ...] = (DAY,)
    asked = [(at, DAY.amount_minor, at)]
    for number, amount in enumerate(wanted):
        moment = at + timedelta(hours=step_hours) * (number + 1)
        before = known
        known, _ = after(known, {"day.any": amount}, at=moment, later=moment + wait)
        was = _allowed(before, moment)
        allowed = _allowed(known, moment)
        assert allowed <= was
        asked.append((moment, amount, moment))
    last = at + timedelta(hours=step_hours) * len(wanted)
    assert _allowed(known, last + wait) in {_room(wanted[-1]), _allowed(known, last)}


def _allowed(limits_known: tuple[SpendingLimit, ...], at) -> float:
    return _room(in_force(limits_known[0], at)) if limits_known else _room(None)


def _room(amount: int | None) -> float:
    return float("inf") if amount is None else amount


def test_a_closed_account_has_no_limits_to_change(api: APIClient, account: Account):
    api.post(f"/api/accounts/{account.pk}/close")

    answer = patched(api, account, "1.00")

    assert (answer.status_code, answer.json()["code"]) == (422, "bank_account_closed")


def test_limits_of_an_account_that_nobody_has_are_not_found(api: APIClient):
    assert api.get(f"/api/accounts/{new_id()}/limits").status_code == 404
