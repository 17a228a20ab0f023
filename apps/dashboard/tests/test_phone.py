"""The telephone, without a mouse: a number is proved, signs in where it was let, and goes."""

import os
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from apps.dashboard.tests.browsing import PASSWORD, THEMES, WIDTHS, Visitor
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.mailbox import texted_code
from apps.dashboard.tests.test_security import keep_codes
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(120)]

# Numbers that the Bundesnetzagentur keeps for films; nobody has them.
NUMBER, SHORT = "+49 171 3920011", "•••• 011"


def looked_at(visitor: Visitor) -> None:
    """See that nobody is kept out and nothing runs over the edge, in both themes."""
    for theme in THEMES:
        visitor.paint(theme)
        assert visitor.barriers() == []
        if place := os.environ.get("PHONE_PICTURES"):
            name = visitor.page.get_by_role("heading", level=1).inner_text().replace(" ", "-")
            count = len(list(Path(place).glob("phone-*.png")))
            visitor.page.screenshot(path=f"{place}/phone-{count:02}-{name}-{theme}.png")
    for width in WIDTHS:
        assert visitor.overflow(width) == 0
    visitor.page.set_viewport_size({"width": 1280, "height": 900})


def prove_number(visitor: Visitor, bank: Bank, page: Page) -> None:
    """Add a number and type the code that reaches it."""
    visitor.tab_to("Add a number")
    visitor.press("Enter")
    page.get_by_label("Mobile number").fill("0171 3920011")
    visitor.press("Enter")
    expect(page.get_by_text("Begin with the code of the country")).to_be_visible()
    assert visitor.focused()["name"] == "Mobile number"
    page.get_by_label("Mobile number").fill("+49 171")
    visitor.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no telephone number")
    page.get_by_label("Mobile number").fill(NUMBER)
    visitor.press("Enter")
    expect(page.get_by_text(f"A code is on its way to {SHORT}")).to_be_visible()
    looked_at(visitor)
    page.get_by_label("Code from the SMS").fill("12")
    visitor.press("Enter")
    expect(page.get_by_text("Enter the six digits of the SMS.")).to_be_visible()
    page.get_by_label("Code from the SMS").fill(texted_code(bank, NUMBER))
    visitor.press("Enter")
    expect(page.get_by_text("+491713920011", exact=True)).to_be_visible()


def sign_in_by_sms(visitor: Visitor, bank: Bank, email: str) -> None:
    """Sign in elsewhere with the password and a code by SMS."""
    page = visitor.open("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    expect(page.get_by_label("Do not ask again")).to_have_count(0)
    looked_at(visitor)
    before = texted_code(bank, NUMBER)
    page.get_by_role("button", name=f"Send a code to {SHORT}").press("Enter")
    expect(page.get_by_text(f"A code is on its way to {SHORT}")).to_be_visible()
    looked_at(visitor)
    page.get_by_label("Code from the SMS").fill(texted_code(bank, NUMBER, but=before))
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_role("link", name="Security").first).to_be_visible()


def test_a_number_is_proved_signs_in_and_is_removed_by_keyboard(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    page = visitor.open("/security")
    expect(page.get_by_text("No number yet")).to_be_visible()
    prove_number(visitor, bank, page)

    visitor.tab_to("Switch on SMS")
    visitor.press("Enter")
    warning = page.get_by_role("dialog", name="Switch on SMS")
    expect(warning).to_contain_text("copied SIM card")
    looked_at(visitor)
    visitor.tab_to("I know the risk, switch it on")
    visitor.press("Enter")
    assert len(keep_codes(visitor)) == 10
    expect(page.get_by_role("button", name="Switch off SMS")).to_be_visible()
    looked_at(visitor)

    sign_in_by_sms(visit(), bank, newcomer)

    visitor.tab_to("Remove number")
    visitor.press("Enter")
    visitor.tab_to("Remove")
    visitor.press("Enter")
    expect(page.get_by_text("No number yet")).to_be_visible()
    said = {"email": newcomer, "password": PASSWORD}
    assert httpx.post(f"{bank.url}/api/auth/login", json=said, timeout=30).status_code == 200


def test_every_way_to_confirm_fits_a_small_telephone_and_sms_comes_last(visit: Enter):
    visitor = visit()
    methods = ["totp", "passkey", "recovery_code", "sms"]
    said = {"code": "mfa_required", "challenge": "x", "methods": methods, "phone": SHORT}
    visitor.context.route(
        "**/api/auth/login", lambda route: route.fulfill(status=401, json=said | {"public_key": {}})
    )
    page = visitor.open("/sign-in")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.press("Enter")

    ways = page.get_by_role("group", name="How to confirm").get_by_role("button")
    expect(ways.last).to_have_text("SMS")
    expect(ways.first).to_have_attribute("aria-pressed", "true")
    looked_at(visitor)
