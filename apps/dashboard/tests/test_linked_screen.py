"""Accounts at other banks: agreed about there, shown here, and ended, with the sandbox bank."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from apps.dashboard.tests.browsing import Visitor
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]


def test_an_account_at_another_bank_is_agreed_about_shown_read_and_ended_by_keyboard(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    page = _at_the_other_bank(visitor, bank, newcomer)

    visitor.press_on("calm")
    expect(page.get_by_text("You have agreed.")).to_be_visible()
    assert page.url.endswith("/linked")
    visitor.press_on("Continue")
    visitor.press_on("Show here: Girokonto, EUR")
    dialog = page.get_by_role("dialog", name="Show this account here")
    expect(dialog.get_by_label("Name")).to_have_value("Girokonto")
    assert visitor.faults() == []
    visitor.press_on("Show here")
    shown = page.get_by_role("region", name="Accounts there, shown here")
    expect(shown.get_by_text("Read on ")).to_be_visible()
    expect(page.get_by_text("Shown", exact=True)).to_be_visible()
    visitor.press_on("Read now: Girokonto")
    expect(page.get_by_text("What is booked there is here now").first).to_be_visible()
    with bank.client(newcomer) as client:
        (account,) = client.get("/api/accounts").json()["items"]
    visitor.open(f"/accounts/{account['id']}")
    expect(page.locator(".row").first).to_be_visible()
    link = page.get_by_role("region", name="Where this comes from")
    expect(link.get_by_text("Read on ")).to_be_visible()
    visitor.open("/linked")
    visitor.press_on("End the agreement with Sandbox bank (a demonstration)")
    visitor.press_on("End")

    expect(page.get_by_text("No agreement yet")).to_be_visible()
    expect(page.get_by_text("No account is linked")).to_be_visible()
    visitor.open(f"/accounts/{account['id']}")
    expect(page.locator(".row").first).to_be_visible()


def test_whoever_does_not_agree_is_told_that_nothing_was_linked(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    page = _at_the_other_bank(visitor, bank, newcomer)

    visitor.press_on("I do not agree")
    expect(page.get_by_text("You did not agree, and nothing was linked.")).to_be_visible()
    visitor.press_on("Continue")

    expect(page.get_by_text("No agreement yet")).to_be_visible()


def test_an_answer_that_nobody_waits_for_links_nothing_and_says_so(visit: Enter, newcomer: str):
    visitor = visit(newcomer)

    page = visitor.open("/linked?state=made-up&code=made-up")

    expect(page.get_by_text("We do not know which agreement")).to_be_visible()
    assert "code=" not in page.url


def test_an_answer_to_somebody_elses_question_is_refused_with_what_to_do(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    with bank.client(newcomer) as client:
        key = {"Idempotency-Key": str(new_id())}
        made = client.post("/api/accounts/consents", json={"bank": "sandbox"}, headers=key)
    assert made.status_code == 201, made.text

    page = visitor.open("/linked?state=of-another&code=of-another")
    expect(page.get_by_role("alert")).to_contain_text("ask for the agreement anew")
    page.get_by_role("button", name="Continue").press("Enter")

    expect(page.get_by_text("Not given yet")).to_be_visible()
    assert visitor.faults() == []
    expect(page.get_by_role("button", name="Go on at Sandbox bank")).to_be_visible()


def _at_the_other_bank(visitor: Visitor, bank: Bank, email: str) -> Page:
    """Go where one agrees, as somebody does who presses nothing but keys."""
    with bank.client(email) as client:
        key = {"Idempotency-Key": str(new_id())}
        asked = client.post("/api/accounts/consents", json={"bank": "sandbox"}, headers=key).json()
        client.delete(f"/api/accounts/consents/{asked['id']}")
    visitor.trusted.add(urlsplit(asked["authorization_url"]).netloc)
    page = visitor.open("/linked")
    visitor.press_on("Agree with a bank")
    expect(page.get_by_role("button", name="Go to the bank")).to_be_visible()
    visitor.press_on("Go to the bank")
    expect(page.get_by_role("heading", name="Sandbox bank")).to_be_visible()
    return page
