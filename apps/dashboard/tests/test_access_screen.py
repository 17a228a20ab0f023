"""Who else may act or look: programs with a key, agreements, other providers, staff."""

import httpx
import msgspec
import pytest
from playwright.sync_api import Route, expect

from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
SCRIPT = "<script>alert(1)</script>"


def test_a_key_is_made_shown_once_works_and_is_revoked_by_keyboard(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    page = visitor.open("/security")
    card = page.get_by_role("region", name="Keys for programs")

    visitor.press_on("Make a key")
    visitor.tab_to("Name")
    page.keyboard.type(SCRIPT)
    visitor.press("Enter")
    expect(page.get_by_text("Tick at least one.")).to_be_visible()
    expect(page.get_by_label("see accounts")).to_be_focused()
    visitor.press("Space")
    visitor.press_on("Make a key")
    key = page.get_by_role("dialog").locator("code").inner_text()
    visitor.press_on("Done")
    expect(card.get_by_text(SCRIPT)).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)
    assert _exchanged(bank, key) == 200
    visitor.press_on(f"Revoke {SCRIPT}")
    visitor.press_on("Revoke")

    expect(card.get_by_text("No key yet")).to_be_visible()
    assert _exchanged(bank, key) == 401


def test_an_agreement_is_given_and_taken_back(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")
    news = page.get_by_label("News and offers by mail")
    expect(news).not_to_be_checked()

    news.press("Space")
    expect(page.get_by_text("You have agreed", exact=True).first).to_be_visible()
    visitor.open("/profile")
    expect(news).to_be_checked()
    news.press("Space")

    expect(page.get_by_text("You agree no more", exact=True).first).to_be_visible()
    expect(page.get_by_label("The terms of the bank")).not_to_be_checked()


def test_coming_back_from_a_provider_with_nothing_good_signs_nobody_in(visit: Enter):
    page = (visitor := visit()).page

    for query, said in (
        ("", "Nothing came back with you."),
        ("?error=access_denied&state=x", "Nothing came back with you."),
        ("?code=made-up&state=made-up", "Back to sign in"),
    ):
        visitor.open(f"/auth/external{query}")

        expect(page.get_by_role("link", name="Back to sign in")).to_be_visible()
        expect(page.get_by_text(said).first).to_be_visible()
        assert "code=" not in page.url
        assert page.evaluate("localStorage.getItem('vortex.session')") is None
    expect(page.get_by_role("alert")).to_be_visible()


def test_somebody_of_the_bank_who_looks_is_named_all_the_while(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    looking = {"id": "x", "staff_name": SCRIPT, "reason": "A statement", "until_at": None}

    def looked_at(route: Route) -> None:
        # How staff get such a token is tested where it is given; here, what the page makes of it.
        profile = {**route.fetch().json(), "impersonation": looking}
        route.fulfill(body=msgspec.json.encode(profile), content_type="application/json")

    visitor.page.route("**/api/auth/user/profile", looked_at)

    for path in ("/", "/transactions", "/profile"):
        page = visitor.open(path)
        expect(page.get_by_text(f"{SCRIPT} of the bank looks")).to_be_visible()


def _exchanged(bank: Bank, key: str) -> int:
    said = {"key": key}
    answer = httpx.post(f"{bank.url}/api/auth/api-keys/token", json=said, timeout=30)
    return answer.status_code
