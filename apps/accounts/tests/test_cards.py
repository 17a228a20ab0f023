"""Virtual cards: tokens whose numbers stay in the vault, stopped at once by those who may."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.conf import CHANGE_ABANDONED_AFTER, cooling_off
from apps.accounts.contracts import (
    AccountCardChanged,
    AccountCardIssued,
    AccountLimitChanged,
    CardIsCancelled,
    CardState,
    Product,
    Role,
)
from apps.accounts.domain.cards import CardChange, after
from apps.accounts.domain.members import State
from apps.accounts.models import Account, Card, Member
from apps.accounts.services import cards
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


def issued(api: APIClient, account: Account, name: str = "Shopping") -> dict[str, object]:
    answer = ask(api, account, name)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def ask(api: APIClient, account: Account, name: str = "Shopping", key: str = ""):
    headers = {"Idempotency-Key": key or str(new_id())}
    return api.post(f"/api/accounts/{account.pk}/cards", {"name": name}, headers=headers)


def shared(account: Account, role: Role) -> APIClient:
    friend = person()
    Member.objects.create(
        id=new_id(),
        account_id=account.pk,
        email=f"{friend.user_id}@example.com",
        user_id=friend.user_id,
        role=role.value,
        may_pay=True,
        pay_minor=None if role is Role.JOINT else 100,
        state=State.ACTIVE.value,
        code_hash=b"",
        invited_by=account.owner_id,
        invited_at=now(),
        expires_at=now(),
        changed_at=now(),
    )
    return client_of(friend)


def test_a_card_is_made_shown_and_told(api: APIClient, account: Account, published):
    card = issued(api, account)

    assert card["state"] == "active"
    assert (len(str(card["last_four"])), card["brand"], card["name"]) == (4, "vortex", "Shopping")
    assert set(card) == {
        *("id", "account_id", "name", "last_four", "brand", "expiry_month", "expiry_year"),
        *("state", "created_at", "cancelled_at"),
    }
    assert api.get(f"/api/accounts/{account.pk}/cards").json()["items"] == [card]
    assert api.get(f"/api/accounts/cards/{card['id']}").json() == card
    [event] = published(AccountCardIssued)
    assert (str(event.card_id), event.owner_id) == (card["id"], account.owner_id)


def test_a_request_that_is_sent_again_makes_no_other_card(api: APIClient, account: Account):
    key = str(new_id())

    first, again = ask(api, account, key=key), ask(api, account, key=key)

    assert first.json() == again.json()
    assert Card.objects.count() == 1


def test_a_card_is_locked_unlocked_and_cancelled_for_good(
    api: APIClient, account: Account, published
):
    card = issued(api, account)
    address = f"/api/accounts/cards/{card['id']}"

    states = [
        api.post(f"{address}/{verb}").json()["state"]
        for verb in ("lock", "lock", "unlock", "cancel", "cancel")
    ]
    late = api.post(f"{address}/unlock")

    assert states == ["locked", "locked", "active", "cancelled", "cancelled"]
    assert (late.status_code, late.json()["code"]) == (422, "card_cancelled")
    assert [e.state for e in published(AccountCardChanged)] == ["locked", "active", "cancelled"]
    assert Card.objects.get().vault_state == "cancelled"


def test_what_can_be_asked_of_a_card_is_a_whole_table():
    outcomes = {
        (state, change): after(state, change)
        for state, change in product((CardState.ACTIVE, CardState.LOCKED), CardChange)
    }

    assert {state for (_, change), state in outcomes.items() if change is CardChange.CANCEL} == {
        CardState.CANCELLED
    }
    assert after(CardState.CANCELLED, CardChange.CANCEL) is CardState.CANCELLED
    for change in (CardChange.LOCK, CardChange.UNLOCK):
        with pytest.raises(CardIsCancelled):
            after(CardState.CANCELLED, change)


@pytest.mark.parametrize("what", ["issue", "unlock", "limit"])
def test_what_lets_a_card_pay_needs_a_fresh_proof(
    api: APIClient, account: Account, presence: FakeChallenges, what
):
    card = issued(api, account)
    api.post(f"/api/accounts/cards/{card['id']}/lock")
    presence.is_fresh = False

    answer = {
        "issue": lambda: ask(api, account),
        "unlock": lambda: api.post(f"/api/accounts/cards/{card['id']}/unlock"),
        "limit": lambda: api.post(
            f"/api/accounts/cards/{card['id']}/limits",
            {"period": "day", "amount": {"amount": "5.00", "currency": "EUR"}},
        ),
    }[what]()

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert Card.objects.get().state == CardState.LOCKED


def test_stopping_a_card_needs_no_proof(api: APIClient, account: Account, presence: FakeChallenges):
    address = f"/api/accounts/cards/{issued(api, account)['id']}"
    presence.is_fresh = False

    assert api.post(f"{address}/lock").json()["state"] == "locked"
    assert api.post(f"{address}/cancel").json()["state"] == "cancelled"


def test_somebody_elses_card_does_not_exist(api: APIClient, account: Account):
    card, stranger = issued(api, account), client_of(person())
    address = f"/api/accounts/cards/{card['id']}"
    amount = {"amount": {"amount": "5.00", "currency": "EUR"}}

    answers = [
        ask(stranger, account),
        stranger.get(f"/api/accounts/{account.pk}/cards"),
        stranger.get(address),
        *(stranger.post(f"{address}/{verb}") for verb in ("lock", "unlock", "cancel")),
        stranger.get(f"{address}/limits"),
        stranger.get(f"{address}/payments"),
        stranger.post(f"{address}/limits", {"period": "day", **amount}),
        stranger.patch(f"{address}/limits/day.any", amount, headers={"If-Match": "*"}),
        stranger.delete(f"{address}/limits/day.any", headers={"If-Match": "*"}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert Card.objects.get().state == CardState.ACTIVE


def test_a_joint_holder_sees_and_locks_and_does_no_more(api: APIClient, account: Account):
    card, friend = issued(api, account), shared(account, Role.JOINT)
    address = f"/api/accounts/cards/{card['id']}"

    assert friend.get(f"/api/accounts/{account.pk}/cards").json()["items"] == [card]
    assert friend.post(f"{address}/lock").json()["state"] == "locked"
    denied = [ask(friend, account), friend.post(f"{address}/unlock")]
    denied.append(friend.post(f"{address}/cancel"))
    assert {answer.status_code for answer in denied} == {404}


def test_a_delegate_sees_no_card(api: APIClient, account: Account):
    card, friend = issued(api, account), shared(account, Role.DELEGATE)

    assert friend.get(f"/api/accounts/{account.pk}/cards").status_code == 404
    assert friend.post(f"/api/accounts/cards/{card['id']}/lock").status_code == 404


@pytest.mark.parametrize("product", [Product.SAVINGS, Product.EXTERNAL])
def test_only_accounts_that_one_pays_from_get_cards(api: APIClient, ada: Principal, product):
    account = an_account(owner_id=ada.user_id, product=product)

    answer = ask(api, account)

    assert (answer.status_code, answer.json()["code"]) == (422, "cards_not_offered")


@pytest.mark.parametrize("stop", ["freeze", "close"])
def test_an_account_that_was_stopped_gets_no_card(api: APIClient, account: Account, stop):
    api.post(f"/api/accounts/{account.pk}/{stop}")

    assert ask(api, account).json()["code"] == "cards_not_offered"


def test_an_account_has_at_most_ten_cards_at_a_time(api: APIClient, account: Account):
    made = [issued(api, account) for _ in range(10)]

    refused = ask(api, account)
    api.post(f"/api/accounts/cards/{made[0]['id']}/cancel")

    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_cards")
    assert ask(api, account).status_code == 201
    listed = api.get(f"/api/accounts/{account.pk}/cards").json()["items"]
    assert [card["state"] for card in listed] == ["active"] * 10 + ["cancelled"]


@pytest.mark.parametrize("name", ["a" * 65, "a\x07b", 5, None])
def test_a_name_that_is_none_makes_no_card(api: APIClient, account: Account, name):
    assert ask(api, account, name).status_code == 422
    assert not Card.objects.exists()


def test_an_account_that_closes_takes_its_cards_along(api: APIClient, account: Account, published):
    card = issued(api, account)

    api.post(f"/api/accounts/{account.pk}/close")
    told = cards.tell_vault(now=now())
    api.post(f"/api/accounts/{account.pk}/reopen")

    assert told == 1
    assert api.get(f"/api/accounts/cards/{card['id']}").json()["state"] == "cancelled"
    assert [e.state for e in published(AccountCardChanged)] == ["cancelled"]
    assert Card.objects.get().vault_state == "cancelled"


def test_a_limit_of_a_card_is_its_own_and_a_raise_cools_off(
    api: APIClient, account: Account, keeping: FakeKeeping, published
):
    card = issued(api, account)
    address = f"/api/accounts/cards/{card['id']}/limits"
    first = {"period": "month", "amount": {"amount": "100.00", "currency": "EUR"}}
    more = {"amount": {"amount": "200.00", "currency": "EUR"}}

    made = api.post(address, first)
    raised = api.patch(f"{address}/month.any", more, headers={"If-Match": made["ETag"]})
    stale = api.patch(f"{address}/month.any", more, headers={"If-Match": made["ETag"]})

    assert (made.status_code, raised.status_code, stale.status_code) == (201, 200, 412)
    [kept] = keeping.kept_limits[(account.pk, Card.objects.get().pk)]
    assert (kept.amount_minor, kept.next_minor) == (100_00, 200_00)
    assert (account.pk, None) not in keeping.kept_limits
    assert api.get(f"/api/accounts/{account.pk}/limits").json()["items"] == []
    [_, told] = published(AccountLimitChanged)
    assert str(told.card_id) == card["id"]
    assert told.effective_at == told.changed_at + cooling_off()
    assert api.post(address, first).json()["code"] == "limit_exists"
    assert api.delete(f"{address}/day.any", headers={"If-Match": "*"}).status_code == 404


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_locks_unlocks_and_a_cancel_at_once_the_vault_knows_the_last(ada: Principal):
    account = an_account(owner_id=ada.user_id)
    card = cards.issue_card(
        card_id=new_id(), account_id=account.pk, name="", made_by=ada.user_id, at=now()
    )
    changes = [CardChange.LOCK, CardChange.UNLOCK] * 4 + [CardChange.CANCEL]
    together = threading.Barrier(len(changes))

    def change(wanted: CardChange) -> None:
        together.wait()
        try:
            cards.change_card(card_id=card.pk, change=wanted, changed_by=None, at=now())
        except CardIsCancelled:
            assert wanted is not CardChange.CANCEL
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(changes)) as threads:
        list(threads.map(change, changes))
    cards.tell_vault(now=now() + 2 * CHANGE_ABANDONED_AFTER + timedelta(hours=2))

    card.refresh_from_db()
    assert (card.state, card.vault_state) == ("cancelled", "cancelled")
