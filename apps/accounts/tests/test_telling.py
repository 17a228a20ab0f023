"""Whoever sees an account hears on their socket that it has changed; nobody else does."""

from uuid import UUID

import msgspec
import pytest
from django.test import TestCase

from apps.accounts.contracts import AccountMemberRemoved, AccountUpdated, ConsentExpiring, Role
from apps.accounts.domain.members import State
from apps.accounts.handlers import tell_of_a_consent_that_ends, tell_those_who_see
from apps.accounts.models import Account, Member
from apps.accounts.tests.factories import OWN, an_account
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.ids import new_id
from vortex.inbox.registry import handlers
from vortex.testing import sockets

pytestmark = pytest.mark.django_db(databases=[OWN])


def a_member(account: Account, state: State, role: Role = Role.JOINT) -> UUID:
    user_id = new_id()
    Member.objects.create(
        id=new_id(),
        account_id=account.pk,
        email=f"{user_id}@example.com",
        user_id=user_id,
        role=role.value,
        may_pay=True,
        pay_minor=None,
        state=state.value,
        code_hash=b"",
        invited_by=account.owner_id,
        invited_at=now(),
        expires_at=now(),
        changed_at=now(),
    )
    return user_id


def heard(user_id: UUID) -> list[dict[str, str]]:
    events = sockets.heard(user_id)
    assert {event.type for event in events} <= {"account.changed"}
    return [msgspec.json.decode(event.data, type=dict[str, str]) for event in events]


def they_listen(*user_ids: UUID) -> None:
    assert not any(map(heard, user_ids))


def tell(event: AccountUpdated | AccountMemberRemoved) -> None:
    with TestCase.captureOnCommitCallbacks(using=OWN, execute=True), unit_of_work("accounts"):
        tell_those_who_see(event)


def test_the_owner_and_all_who_share_hear_of_a_change_and_of_no_more_than_where():
    account = an_account(nickname="Secret plans")
    joint = a_member(account, State.ACTIVE)
    delegate = a_member(account, State.ACTIVE, Role.DELEGATE)
    former = a_member(account, State.REMOVED)
    they_listen(account.owner_id, joint, delegate, former)

    tell(AccountUpdated(account_id=account.pk, owner_id=account.owner_id, updated_at=now()))

    said = {"account_id": str(account.pk), "event": "account.updated"}
    assert heard(account.owner_id) == heard(joint) == heard(delegate) == [said]
    assert heard(former) == []


def test_who_was_removed_hears_of_it_once_and_of_nothing_after():
    account = an_account()
    former = a_member(account, State.REMOVED)
    they_listen(former)

    tell(
        AccountMemberRemoved(
            account_id=account.pk,
            owner_id=account.owner_id,
            member_id=new_id(),
            user_id=former,
            removed_by=account.owner_id,
            removed_at=now(),
        )
    )
    tell(AccountUpdated(account_id=account.pk, owner_id=account.owner_id, updated_at=now()))

    assert [one["event"] for one in heard(former)] == ["account.member_removed"]


def test_a_customer_hears_that_an_agreement_with_another_bank_ends():
    owner_id = new_id()
    they_listen(owner_id)
    event = ConsentExpiring(
        consent_id=new_id(), owner_id=owner_id, bank="sandbox", expires_at=now()
    )

    with TestCase.captureOnCommitCallbacks(using=OWN, execute=True), unit_of_work("accounts"):
        tell_of_a_consent_that_ends(event)

    said = {"consent_id": str(event.consent_id), "event": "account.consent_expiring"}
    assert heard(owner_id) == [said]


def test_everything_that_accounts_promised_to_say_is_said_and_pushed():
    promised = (
        *("opened", "updated", "frozen", "unfrozen", "dormant", "closed", "reopened"),
        *("limit_changed", "member_added", "member_removed", "linked", "unlinked"),
        *("link_sync_completed", "link_reauth_required", "consent_expiring", "statement_ready"),
        "balance_threshold_crossed",
    )

    pushed = {
        handler.event.event_type
        for handler in handlers("accounts")
        if handler.function in {tell_those_who_see, tell_of_a_consent_that_ends}
    }

    assert {f"account.{name}" for name in promised} <= pushed
