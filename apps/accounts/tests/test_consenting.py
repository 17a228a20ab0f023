"""Agreements with other banks: given there, completed here by whoever asked, and ended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.adapters.banks.sandbox.server import Sandbox
from apps.accounts.contracts import (
    AccountUnlinked,
    ConsentExpiring,
)
from apps.accounts.models import Consent, Link
from apps.accounts.services import consenting, linking
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.linking import (
    FakeHistory,
    agreed,
    begun,
    external,
    history,
    linked,
    post,
    sync,
)
from apps.accounts.tests.sandbox import agree, sandbox
from vortex.clock import now
from vortex.contracts import Principal
from vortex.testing import client_of, person

__all__ = ["history", "sandbox"]

pytestmark = [pytest.mark.django_db(databases=[OWN]), pytest.mark.usefixtures("history")]


def test_an_agreement_whose_time_is_over_opens_nothing(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)
    later = now() + timedelta(days=91)

    assert linking.end_ended_consents(now=later) == 1

    consent = Consent.objects.get()
    assert (consent.status, bytes(consent.sealed_tokens)) == ("expired", b"")
    assert Link.objects.get().status == "reauth_required"
    assert sync(link, later).status == "reauth_required"
    assert history.lines == {}


def test_an_owner_is_told_once_that_an_agreement_ends(
    api: APIClient, ada: Principal, sandbox: Sandbox, published: Callable[..., list[Any]]
):
    agreed(api)
    soon = now() + timedelta(days=84)

    consenting.remind_of_ending_consents(now=soon)
    consenting.remind_of_ending_consents(now=soon)

    assert len(published(ConsentExpiring)) == 1


def test_a_revoked_agreement_is_over_at_the_bank_and_its_links_with_it(
    api: APIClient, ada: Principal, sandbox: Sandbox, published: Callable[..., list[Any]]
):
    link = linked(api, ada)
    external_id = Consent.objects.get().external_id

    answer = api.delete(f"/api/accounts/consents/{link['consent_id']}")

    assert answer.status_code == 204
    assert sandbox.memory.consent(external_id) is None
    assert Link.objects.get().status == "unlinked"
    assert len(published(AccountUnlinked)) == 1
    assert api.delete(f"/api/accounts/consents/{link['consent_id']}").status_code == 204


def test_unlinking_keeps_the_history_and_the_agreement(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)
    sync(link)

    assert api.delete(f"/api/accounts/{link['account_id']}/link").status_code == 204

    assert api.delete(f"/api/accounts/{link['account_id']}/link").status_code == 404
    assert api.get(f"/api/accounts/{link['account_id']}/links").json()["items"][0]["status"] == (
        "unlinked"
    )
    assert Consent.objects.get().status == "authorised"
    assert len(history.lines) == 1


def test_somebody_elses_code_links_nothing_in_my_session(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    eve = client_of(person())
    hers, mine = begun(eve), begun(api)
    her_answer = agree(hers["authorization_url"], "calm")

    mixed = api.post(f"/api/accounts/consents/{mine['id']}/complete", her_answer)
    taken = api.post(f"/api/accounts/consents/{hers['id']}/complete", her_answer)

    assert (mixed.status_code, mixed.json()["code"]) == (409, "consent_state_refused")
    assert taken.status_code == 404
    assert set(Consent.objects.values_list("status", flat=True)) == {"awaiting_authorisation"}


def test_a_code_of_another_agreement_is_refused_by_the_proof_key(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    first, second = begun(api), begun(api)
    code = agree(first["authorization_url"], "calm")["code"]
    state = agree(second["authorization_url"], "calm")["state"]

    answer = api.post(
        f"/api/accounts/consents/{second['id']}/complete", {"state": state, "code": code}
    )

    assert answer.json()["code"] == "consent_refused_by_bank"
    assert answer.status_code == 422


def test_an_answer_serves_once_and_not_for_ever(api: APIClient, ada: Principal, sandbox: Sandbox):
    consent = begun(api)
    back = agree(consent["authorization_url"], "calm")
    address = f"/api/accounts/consents/{consent['id']}/complete"
    late = begun(api)
    late_back = agree(late["authorization_url"], "calm")
    Consent.objects.filter(pk=late["id"]).update(created_at=now() - timedelta(hours=1))

    assert api.post(address, back).status_code == 200
    assert api.post(address, back).json()["code"] == "consent_state_refused"
    too_late = api.post(f"/api/accounts/consents/{late['id']}/complete", late_back)
    assert too_late.json()["code"] == "consent_state_refused"


def test_a_customer_who_does_not_agree_has_agreed_to_nothing(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    consent = begun(api)
    back = agree(consent["authorization_url"], "")

    answer = api.post(f"/api/accounts/consents/{consent['id']}/complete", back)

    assert answer.json()["status"] == "rejected"
    account = external(ada)
    body = {"consent_id": consent["id"], "external_account_id": "calm-main"}
    refused = post(api, f"/api/accounts/{account.pk}/link", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_not_authorised")


def test_only_an_account_at_another_bank_in_the_same_currency_is_linked(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    consent = agreed(api)
    body = {"consent_id": consent["id"], "external_account_id": "calm-main"}
    own = an_account(owner_id=ada.user_id)
    pounds = external(ada, "GBP")

    ours = post(api, f"/api/accounts/{own.pk}/link", body)
    other = post(api, f"/api/accounts/{pounds.pk}/link", body)
    wider = post(
        api,
        f"/api/accounts/{external(ada).pk}/link",
        {**body, "external_account_id": "slow-main"},
    )

    assert (ours.status_code, ours.json()["code"]) == (422, "not_an_external_account")
    assert other.json()["code"] == "outside_account_not_offered"
    assert (wider.status_code, wider.json()["code"]) == (404, "outside_account_not_offered")
    assert Link.objects.count() == 0


def test_an_account_is_linked_once_and_shows_one_account(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    link = linked(api, ada)
    consent = agreed(api)

    for account_id, outside in (
        (link["account_id"], "calm-spare"),
        (str(external(ada).pk), "calm-main"),
    ):
        body = {"consent_id": consent["id"], "external_account_id": outside}
        refused = post(api, f"/api/accounts/{account_id}/link", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_already_linked")


def test_nobody_elses_agreements_and_links_exist(api: APIClient, ada: Principal, sandbox: Sandbox):
    link = linked(api, ada)
    eve_is = person()
    eve = client_of(eve_is)
    consent, hers = link["consent_id"], external(eve_is)
    body = {"consent_id": consent, "external_account_id": "calm-main"}

    answers = [
        eve.get(f"/api/accounts/consents/{consent}"),
        eve.delete(f"/api/accounts/consents/{consent}"),
        eve.post(f"/api/accounts/consents/{consent}/complete", {"state": "x", "code": "y"}),
        eve.post(f"/api/accounts/links/{link['id']}/sync"),
        post(eve, f"/api/accounts/links/{link['id']}/reauthorize"),
        post(eve, f"/api/accounts/{hers.pk}/link", body),
        post(eve, f"/api/accounts/{link['account_id']}/link", body),
        eve.delete(f"/api/accounts/{link['account_id']}/link"),
        eve.get(f"/api/accounts/{link['account_id']}/links"),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert eve.get("/api/accounts/consents").json()["items"] == []


def test_what_opens_the_other_bank_is_neither_shown_nor_kept_readable(
    api: APIClient, ada: Principal, sandbox: Sandbox
):
    consent = agreed(api)

    row = Consent.objects.get()
    tokens = consenting.tokens_of(row)
    for secret in (tokens.access, tokens.refresh):
        assert secret.encode() not in bytes(row.sealed_tokens)
        assert secret not in str(api.get(f"/api/accounts/consents/{consent['id']}").content)
    assert api.get("/api/accounts/banks").json()["items"] == [
        {"name": "sandbox", "title": "Sandbox bank"}
    ]
    assert consent["authorization_url"] == ""


def test_tokens_are_renewed_when_their_time_is_over(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    link = linked(api, ada)
    before = consenting.tokens_of(Consent.objects.get())

    synced = sync(link, now() + timedelta(minutes=10))

    assert synced.problem == ""
    assert consenting.tokens_of(Consent.objects.get()).refresh != before.refresh


def test_a_bank_that_nobody_has_named_is_refused(api: APIClient, sandbox: Sandbox):
    answer = post(api, "/api/accounts/consents", {"bank": "http://169.254.169.254/"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_bank")


@pytest.mark.parametrize(
    "body", [{}, {"state": "x"}, {"state": "x", "code": "y", "error": "z"}, {"code": "y"}]
)
def test_half_an_answer_is_refused(api: APIClient, sandbox: Sandbox, body: dict[str, str]):
    consent = begun(api)

    answer = api.post(f"/api/accounts/consents/{consent['id']}/complete", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_due_links_are_asked_about_and_others_are_left_alone(
    api: APIClient, ada: Principal, sandbox: Sandbox, history: FakeHistory
):
    linked(api, ada)

    assert linking.sync_due_links(now=now()) == 1
    assert linking.sync_due_links(now=now()) == 0
    assert linking.sync_due_links(now=now() + timedelta(hours=7)) == 1


def test_an_account_at_another_bank_has_no_number_of_ours_and_takes_no_payments(
    api: APIClient, ada: Principal
):
    opened = post(
        api, "/api/accounts", {"product": "external", "currency": "EUR", "nickname": "Elsewhere"}
    )

    assert opened.status_code == 201
    assert (opened.json()["product"], opened.json()["iban"]) == ("external", "")
    assert post(api, "/api/accounts", {"product": "external", "currency": "EUR"}).status_code == 201
