"""The administration of accounts looks, and freezes through the service with a record of it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from apps.accounts.domain.standing import Change, Party, Standing
from apps.accounts.models import Account
from apps.accounts.services import standing
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from vortex.clock import now
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=["default", OWN])

CHANGELIST = "/admin/accounts/account/"


def staff(*roles: str) -> Client:
    """Return a browser in which somebody of the bank has signed in to the administration."""
    user = get_user_model()(
        pk=new_id(),
        email=f"{new_id().hex}@example.com",
        full_name="Staff",
        roles=list(roles),
        **({"created_at": now()} if hasattr(get_user_model(), "created_at") else {}),
    )
    user.save(force_insert=True)
    client = Client()
    client.force_login(user)
    session = client.session
    session["vortex_second_factor"] = str(user.pk)  # where auth is hosted, it asks for one
    session.save()
    return client


def act(client: Client, account: Account, action: str):
    return client.post(
        CHANGELIST, {"action": action, "_selected_action": [str(account.pk)]}, follow=True
    )


def test_staff_freeze_and_thaw_with_a_record(ledger: FakeLedger):
    account, client = an_account(), staff("compliance_officer")

    act(client, account, "freeze")
    account.refresh_from_db()
    assert account.standing == Standing.FROZEN_BY_BANK
    assert ledger.kept[account.pk].credits_frozen

    act(client, account, "unfreeze")
    account.refresh_from_db()
    assert account.standing == Standing.ACTIVE
    records = LogEntry.objects.filter(object_id=str(account.pk)).order_by("action_time")
    assert [record.change_message for record in records] == ["freeze", "unfreeze"]


def test_a_refusal_is_shown_and_leaves_no_record():
    account = an_account()
    standing.change_standing(
        account_id=account.pk, change=Change.CLOSE, party=Party.HOLDER, asked_at=now()
    )

    answer = act(staff("administrator"), account, "freeze")

    assert account.iban in answer.content.decode()
    assert not LogEntry.objects.exists()


def test_an_analyst_looks_and_cannot_freeze(ledger: FakeLedger):
    account, client = an_account(), staff("analyst")

    assert client.get(CHANGELIST).status_code == 200
    act(client, account, "freeze")

    account.refresh_from_db()
    assert account.standing == Standing.ACTIVE


@pytest.mark.parametrize("address", ["add/", "{id}/change/", "{id}/delete/"])
def test_nothing_is_added_edited_or_deleted_by_hand(address):
    account = an_account()

    answer = staff("administrator").post(
        CHANGELIST + address.format(id=account.pk), {"nickname": "x", "post": "yes"}
    )

    assert answer.status_code == 403
    assert Account.objects.get().nickname == ""


def test_who_has_no_role_at_the_bank_sees_no_administration():
    answer = staff().get(CHANGELIST)

    assert answer.status_code == 302
