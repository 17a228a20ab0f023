"""The letter that proves an account: for its holders, about no money, and words stay words."""

import io

import pytest
from pypdf import PdfReader
from rest_framework.test import APIClient

from apps.accounts.contracts import Product
from apps.accounts.domain.iban import grouped
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from vortex.contracts import Principal

pytestmark = pytest.mark.django_db(databases=[OWN])


def test_the_letter_names_holder_and_number_and_no_money(
    api: APIClient, ada: Principal, ledger: FakeLedger, users: FakeUsers
):
    users.names[ada.user_id] = "Ada <b>Lovelace</b>"
    account = an_account(owner_id=ada.user_id, nickname="=cmd|' /C calc'!A0")
    ledger.credit(account.pk, 123456_78)

    answer = api.get(f"/api/accounts/{account.pk}/letter")

    [page] = PdfReader(io.BytesIO(answer.content)).pages
    said = page.extract_text()
    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]
    assert grouped(account.iban) in said
    assert "Ada <b>Lovelace</b>" in said
    assert "123" not in said.replace(grouped(account.iban), "")
    assert "cmd" not in said


def test_there_is_no_letter_about_somebody_elses_a_closed_or_an_outside_account(
    api: APIClient, ada: Principal
):
    theirs = an_account()
    outside = an_account(owner_id=ada.user_id, product=Product.EXTERNAL)
    closed = an_account(owner_id=ada.user_id)
    api.post(f"/api/accounts/{closed.pk}/close")

    codes = [
        api.get(f"/api/accounts/{one.pk}/letter").json()["code"]
        for one in (theirs, outside, closed)
    ]

    assert codes == ["bank_account_not_found", "no_letter", "bank_account_closed"]
