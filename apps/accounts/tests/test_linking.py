"""Links: what another bank says comes in once, and nothing is believed beyond that."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rest_framework.test import APIClient

from apps.accounts.adapters.banks.sandbox import customers
from apps.accounts.adapters.banks.sandbox.server import Sandbox
from apps.accounts.contracts import (
    AccountLinked,
    LinkReauthRequired,
    LinkSyncCompleted,
)
from apps.accounts.models import Consent, Link
from apps.accounts.tests.factories import OWN
from apps.accounts.tests.linking import (
    FakeHistory,
    history,
    linked,
    post,
    sync,
)
from apps.accounts.tests.sandbox import agree, sandbox
from vortex.clock import now
from vortex.contracts import Principal
from vortex.errors import Unavailable

__all__ = ["history", "sandbox"]

pytestmark = [pytest.mark.django_db(databases=[OWN]), pytest.mark.usefixtures("history")]


def test_a_customer_agrees_at_the_other_bank_and_sees_its_movements(
    api: APIClient,
    ada: Principal,
    sandbox: Sandbox,
    history: FakeHistory,
    published: Callable[..., list[Any]],
):
    link = linked(api, ada)

    answer = api.post(f"/api/accounts/links/{link['id']}/sync")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["problem"]) == ("linked", "")
    [lines] = history.lines.values()
    told = customers.movements("calm-main", now().date())
    assert len(lines) == len(told) + 1
    assert sum(line.amount_minor for line in lines) == customers.balance("calm-main", now().date())
    assert len(published(AccountLinked)) == 1
    assert [fact.posted for fact in published(LinkSyncCompleted)] == [len(lines)]


def test_two_identical_coffees_on_one_day_are_two_and_a_second_sync_adds_none(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)
    sync(link)
    [lines] = history.lines.values()
    before = len(lines)

    sync(link)

    assert len(lines) == before
    coffees = [line for line in lines if line.description == "Coffee"]
    assert len(coffees) == 2 * len({line.booked_date for line in coffees})


def test_a_sync_that_died_before_its_row_was_written_brings_nothing_in_twice(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)
    sync(link)
    [lines] = history.lines.values()
    before = list(lines)
    Link.objects.update(synced_at=None, synced_until_date=None)

    sync(link)

    assert lines == before


@pytest.mark.parametrize("customer", ["garbage", "huge", "somebody-else"])
def test_what_another_bank_does_wrong_brings_nothing_in_and_is_said(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory, customer: str
):
    link = linked(api, ada, customer)

    synced = sync(link)

    assert (synced.status, synced.problem) == ("failed", "bank_answer_refused")
    assert history.lines == {}


def test_a_slow_bank_is_asked_again_later(
    api: APIClient,
    ada: Principal,
    sandbox: Sandbox,
    history: FakeHistory,
    monkeypatch: pytest.MonkeyPatch,
):
    link = linked(api, ada, "slow")
    monkeypatch.setattr("apps.accounts.adapters.asking.TIMEOUT", httpx.Timeout(0.2))

    synced = sync(link)

    assert (synced.status, synced.problem) == ("linked", "bank_not_reached")
    assert synced.due_at > now()
    assert history.lines == {}


def test_a_ledger_that_does_not_answer_loses_nothing(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)

    def silent() -> None:
        raise Unavailable

    history.before = silent
    assert sync(link).problem == "ledger_not_reached"
    history.before = lambda: None

    assert sync(link).problem == ""
    assert len(history.lines) == 1


def test_a_closed_bank_refuses_to_begin_and_leaves_nothing_behind(api: APIClient, sandbox: Sandbox):
    sandbox.shutdown()
    sandbox.server_close()

    answer = post(api, "/api/accounts/consents", {"bank": "sandbox"})

    assert (answer.status_code, answer.json()["code"]) == (503, "bank_not_reached")
    assert Consent.objects.count() == 0


def test_a_bank_that_forgot_its_customer_is_agreed_with_again(
    api: APIClient,
    ada: Principal,
    sandbox: Sandbox,
    history: FakeHistory,
    published: Callable[..., list[Any]],
):
    link = linked(api, ada)
    sandbox.memory.revoke(Consent.objects.get().external_id)

    waiting = sync(link)

    assert (waiting.status, waiting.problem) == ("reauth_required", "refused")
    assert [fact.reason for fact in published(LinkReauthRequired)] == ["refused"]
    again = post(api, f"/api/accounts/links/{link['id']}/reauthorize").json()
    back = agree(again["authorization_url"], "calm")
    api.post(f"/api/accounts/consents/{again['id']}/complete", back)
    body = {"consent_id": again["id"], "external_account_id": "calm-main"}
    renewed = post(api, f"/api/accounts/{link['account_id']}/link", body).json()
    assert (renewed["id"], renewed["status"]) == (link["id"], "linked")
    assert sync(link).problem == ""
