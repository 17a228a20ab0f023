"""Sharing an account: by the code that was handed over, by the rights agreed on, until it ends."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import AccountMemberAdded, AccountMemberRemoved, InvitationOver, Role
from apps.accounts.models import Account, Member
from apps.accounts.services import members
from apps.accounts.tasks import finish_abandoned_members
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from vortex.clock import now
from vortex.contracts import Principal
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])

DELEGATE = {"role": "delegate", "pay_per_day": {"amount": "200.00", "currency": "EUR"}}


@pytest.fixture
def account(ada: Principal) -> Account:
    return an_account(owner_id=ada.user_id)


@pytest.fixture
def grace(users: FakeUsers) -> Principal:
    somebody = person()
    users.names[somebody.user_id] = "Grace Hopper"
    users.emails[somebody.user_id] = "grace@example.com"
    return somebody


def invited(api: APIClient, account: Account, **said: Any):
    body = {"email": "Grace@Example.com", **DELEGATE, **said}
    key = {"Idempotency-Key": str(new_id())}
    return api.post(f"/api/accounts/{account.pk}/members", body, headers=key)


def accepted(invitation: dict[str, Any], by: Principal, code: str = ""):
    address = f"/api/accounts/invitations/{invitation['id']}/accept"
    return client_of(by).post(address, {"code": code or invitation["code"]})


def test_an_invited_person_accepts_and_the_ledger_knows_the_amount_first(
    api: APIClient, account: Account, grace: Principal, keeping: FakeKeeping, published
):
    keeping.ledger.calls.clear()
    invitation = invited(api, account).json()
    (seen,) = client_of(grace).get("/api/accounts/invitations").json()["items"]
    assert (seen["id"], seen["iban"]) == (invitation["id"], f"DE•• •••• {account.iban[-4:]}")

    answer = accepted(invitation, grace, invitation["code"].lower().replace("-", " "))

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert keeping.ledger.calls == ["set_limits", "grant"]
    assert keeping.mandates == {(account.pk, grace.user_id): True}
    (limit,) = keeping.kept_limits[(account.pk, grace.user_id)]
    assert (limit.period, limit.amount_minor) == ("day", 20_000)
    [event] = published(AccountMemberAdded)
    assert (event.user_id, event.pay_minor) == (grace.user_id, 20_000)
    assert accepted(invitation, grace).status_code == 200
    assert len(published(AccountMemberAdded)) == 1


def test_a_delegate_sees_the_account_masked_and_decides_nothing(
    api: APIClient, account: Account, grace: Principal, ledger: FakeLedger
):
    accepted(invited(api, account).json(), grace)
    theirs = client_of(grace)

    (listed,) = theirs.get("/api/accounts").json()["items"]
    address = f"/api/accounts/{account.pk}"

    assert (listed["role"], listed["iban"]) == ("delegate", f"DE•• •••• {account.iban[-4:]}")
    for part in ("", "/balance", "/balances", "/balance/history", "/holds", "/limits"):
        assert theirs.get(address + part).status_code == 200
    for method, part in (
        ("patch", ""),
        ("delete", ""),
        ("post", "/freeze"),
        ("post", "/close"),
        ("post", "/members"),
        ("get", "/members"),
        ("post", "/limits"),
    ):
        headers = {"If-Match": "*", "Idempotency-Key": str(new_id())}
        body: dict[str, str] | None = None if method == "get" else {}
        assert getattr(theirs, method)(address + part, body, headers=headers).status_code == 404
    assert not ledger.kept[account.pk].debits_frozen


def test_a_joint_holder_sees_the_number_and_freezes_and_has_no_amount_of_their_own(
    api: APIClient, account: Account, grace: Principal, keeping: FakeKeeping, ledger: FakeLedger
):
    accepted(invited(api, account, role="joint", pay_per_day=None).json(), grace)

    (listed,) = client_of(grace).get("/api/accounts").json()["items"]
    frozen = client_of(grace).post(f"/api/accounts/{account.pk}/freeze")

    assert (listed["role"], listed["iban"]) == ("joint", account.iban)
    assert keeping.kept_limits[(account.pk, grace.user_id)] == ()
    assert frozen.status_code == 200
    assert ledger.kept[account.pk].debits_frozen


@pytest.mark.parametrize("by_whom", ["owner", "member"])
def test_whoever_is_removed_sees_and_pays_no_more(
    account: Account, grace: Principal, keeping: FakeKeeping, published, by_whom
):
    api = client_of(person(user_id=account.owner_id))
    invitation = invited(api, account).json()
    accepted(invitation, grace)
    client = api if by_whom == "owner" else client_of(grace)

    answer = client.delete(f"/api/accounts/{account.pk}/members/{invitation['id']}")

    assert answer.status_code == 204
    assert keeping.mandates == {}
    assert client_of(grace).get(f"/api/accounts/{account.pk}").status_code == 404
    assert len(published(AccountMemberRemoved)) == 1
    assert accepted(invitation, grace).status_code == 409


def test_nobody_else_accepts_an_invitation_even_with_its_code(
    api: APIClient, account: Account, keeping: FakeKeeping, users: FakeUsers
):
    invitation, mallory = invited(api, account).json(), person()
    assert accepted(invitation, mallory).status_code == 404
    users.names[mallory.user_id] = "Mallory"
    users.emails[mallory.user_id] = "mallory@example.com"

    assert accepted(invitation, mallory).status_code == 404
    assert client_of(mallory).get("/api/accounts/invitations").json()["items"] == []
    assert keeping.mandates == {}


def test_a_code_is_not_guessed(
    api: APIClient, account: Account, grace: Principal, keeping: FakeKeeping
):
    invitation = invited(api, account).json()

    codes = [accepted(invitation, grace, "AAAA-AAAA-AAAA").json()["code"] for _ in range(10)]

    assert set(codes) == {"wrong_invitation_code"}
    assert accepted(invitation, grace).json()["code"] == "invitation_over"
    assert keeping.mandates == {}


def test_an_invitation_ends_after_a_week_or_when_it_is_declined_or_withdrawn(
    api: APIClient, account: Account, grace: Principal, keeping: FakeKeeping
):
    late = invited(api, account).json()
    Member.objects.update(expires_at=now())
    assert accepted(late, grace).json()["code"] == "invitation_over"
    api.delete(f"/api/accounts/{account.pk}/members/{late['id']}")

    declined = invited(api, account).json()
    address = f"/api/accounts/invitations/{declined['id']}/decline"
    assert [client_of(grace).post(address).status_code for _ in range(2)] == [204, 204]
    assert accepted(declined, grace).json()["code"] == "invitation_over"
    assert keeping.mandates == {}


def test_the_code_is_kept_nowhere_in_clear(api: APIClient, account: Account):
    key = {"Idempotency-Key": "one-key"}
    body = {"email": "grace@example.com", **DELEGATE}
    address = f"/api/accounts/{account.pk}/members"

    first, again = (api.post(address, body, headers=key).json() for _ in range(2))

    assert len(first["code"]) == 14
    assert again["code"] == ""
    assert first["code"].encode() not in bytes(Member.objects.get().code_hash)


@pytest.mark.parametrize(
    "said",
    [
        {"role": "owner"},
        {"role": "joint"},
        {"pay_per_day": {"amount": "-1.00", "currency": "EUR"}},
        {"pay_per_day": {"amount": "1.00", "currency": "GBP"}},
        {"email": "not an address"},
        {"email": "x" * 300 + "@example.com"},
    ],
)
def test_rights_that_do_not_go_together_are_refused(api: APIClient, account: Account, said):
    assert invited(api, account, **said).status_code == 422
    assert not Member.objects.exists()


def test_inviting_needs_a_fresh_proof(api: APIClient, account: Account, presence: FakeChallenges):
    presence.is_fresh = False

    assert invited(api, account).json()["code"] == "step_up_required"
    assert not Member.objects.exists()


def test_an_account_has_at_most_ten_members_and_each_person_once(api: APIClient, account: Account):
    for number in range(10):
        assert invited(api, account, email=f"member{number}@example.com").status_code == 201

    assert invited(api, account, email="member0@EXAMPLE.com").status_code == 422
    assert invited(api, account).json()["code"] == "too_many_members"


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_somebody_elses_members_do_not_exist(api: APIClient, grace: Principal, method):
    owner = person()
    theirs = an_account(owner_id=owner.user_id)
    member = invited(client_of(owner), theirs).json()
    address = f"/api/accounts/{theirs.pk}/members" + (
        f"/{member['id']}" if method == "delete" else ""
    )
    own = an_account(owner_id=grace.user_id)

    body = None if method == "get" else {"email": "x@example.com", **DELEGATE}
    answer = getattr(api, method)(address, body, headers={"Idempotency-Key": "k"})
    crossed = client_of(grace).delete(f"/api/accounts/{own.pk}/members/{member['id']}")

    assert (answer.status_code, crossed.status_code) == (404, 404)
    assert Member.objects.get().state == "invited"


@pytest.mark.parametrize("command", ["set_limits", "grant", "revoke"])
def test_what_died_on_the_way_is_finished(
    api: APIClient, account: Account, grace: Principal, keeping: FakeKeeping, command
):
    invitation = invited(api, account).json()

    def die(name: str) -> None:
        if name == command:
            raise Unavailable

    keeping.ledger.before = die
    if command == "revoke":
        accepted(invitation, grace)
        api.delete(f"/api/accounts/{account.pk}/members/{invitation['id']}")
        assert client_of(grace).get(f"/api/accounts/{account.pk}").status_code == 404
    else:
        assert accepted(invitation, grace).status_code == 503
        assert client_of(grace).get(f"/api/accounts/{account.pk}").status_code == 404
    keeping.ledger.before = lambda _: None
    Member.objects.update(changed_at=now() - 2 * CHANGE_ABANDONED_AFTER)

    assert finish_abandoned_members() == 1

    assert Member.objects.get().state == ("removed" if command == "revoke" else "active")
    assert bool(keeping.mandates) == (command != "revoke")


def test_who_is_removed_while_the_ledger_is_told_to_let_them_pay_may_not_pay(
    account: Account, grace: Principal, keeping: FakeKeeping
):
    member, code = members.invite(
        member_id=new_id(),
        account=account,
        email="grace@example.com",
        rights=members.Rights(Role.DELEGATE, may_pay=True, pay_minor=100),
        invited_at=now(),
    )

    def remove_first(name: str) -> None:
        if name == "grant":
            members.remove(member_id=member.pk, removed_by=account.owner_id, at=now())

    keeping.ledger.before = remove_first
    members.accept(
        member_id=member.pk,
        email="grace@example.com",
        user_id=grace.user_id,
        code=code,
        at=now(),
    )

    assert Member.objects.get().state == "removed"
    assert keeping.mandates == {}


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_accepting_and_removing_at_once_leaves_ledger_and_account_agreeing(
    account: Account, grace: Principal, keeping: FakeKeeping
):
    member, code = members.invite(
        member_id=new_id(),
        account=account,
        email="grace@example.com",
        rights=members.Rights(Role.DELEGATE, may_pay=True, pay_minor=100),
        invited_at=now(),
    )
    together = threading.Barrier(2)

    def act(number: int) -> None:
        together.wait()
        try:
            if number:
                members.remove(member_id=member.pk, removed_by=account.owner_id, at=now())
            else:
                members.accept(
                    member_id=member.pk,
                    email="grace@example.com",
                    user_id=grace.user_id,
                    code=code,
                    at=now(),
                )
        except InvitationOver:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(act, range(2)))

    assert Member.objects.get().state == "removed"
    assert keeping.mandates == {}
