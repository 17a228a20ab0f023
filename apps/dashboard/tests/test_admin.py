"""The administration in a browser: no barrier in light and dark, no complaint of its policy.

The policy lets nothing in that stands in a page itself. The fixture that lets visitors in asks for
every style and script that the browser has left out, so each page need only be opened.
"""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from apps.dashboard.tests.browsing import PASSWORD, THEMES, Visitor
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.test_entering import code_at
from apps.dashboard.tests.test_pending_screen import PAYER, SCRIPT, held_back
from tests.bank import Bank
from vortex.clock import now

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
STAFF: Final = "staff@example.com"
LISTS: Final = (
    "vortex_auth/user",
    "vortex_auth/staffact",
    "accounts/account",
    "transactions/posting",
    "transactions/review",
)


def test_staff_find_no_barrier_and_no_page_breaks_the_policy_from_signing_in_to_every_form(
    visit: Enter,
):
    visitor = visit()
    page = visitor.page
    answer = page.goto(f"{visitor.address}/admin/")
    assert "unsafe" not in (answer.headers["content-security-policy"] if answer else "unsafe")
    found = _barriers(visitor, "sign-in")

    _password(visitor, STAFF)
    found += _barriers(visitor, "second factor")
    _second_factor(visitor)
    found += _barriers(visitor, "index")
    for name in LISTS:
        page.goto(f"{visitor.address}/admin/{name}/")
        found += _barriers(visitor, name)
    page.goto(f"{visitor.address}/admin/vortex_auth/user/")
    page.locator("#result_list tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/change/$"))
    found += _barriers(visitor, "form")

    assert found == []
    assert _opened(visitor) > len(LISTS)


def test_an_officer_decides_about_a_payment_with_the_keyboard(
    visit: Enter, bank: Bank, officer: str
):
    held = held_back(bank, SCRIPT)
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.address}/admin/")
    _password(visitor, officer)
    _second_factor(visitor)

    page.goto(f"{visitor.address}/admin/transactions/review/")
    expect(page.get_by_role("cell", name="2000.00 EUR").first).to_be_visible()
    page.goto(f"{visitor.address}/admin/transactions/review/{held}/change/")
    found = _barriers(visitor, "review")
    page.get_by_label("Reason", exact=True).focus()
    page.keyboard.type(f"Called him. {SCRIPT}")
    visitor.tab_to("Allow")
    visitor.press("Enter")

    expect(page.get_by_text("2000.00 EUR: approved")).to_be_visible()
    assert found == []
    with bank.client(PAYER) as client:
        assert client.get(f"/api/transactions/pending/{held}").json()["state"] == "posted"


def _password(visitor: Visitor, email: str) -> None:
    page = visitor.page
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).first.fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()


def _second_factor(visitor: Visitor) -> None:
    page = visitor.page
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code").fill(code_at(secret, now().timestamp()))
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    page.get_by_role("link", name="Go on to the administration").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def _opened(visitor: Visitor) -> int:
    """Open every list of the administration and what may be added; return how many there were."""
    page = visitor.page
    page.goto(f"{visitor.address}/admin/")
    named = "all => [...new Set(all.map((one) => one.href))]"
    places = page.locator("#content-main :is(th a, a.addlink)").evaluate_all(named)
    for place in places:
        answer = page.goto(place)
        assert answer is not None
        assert answer.status == 200, place
        policy = answer.headers["content-security-policy"]
        assert "style-src" not in policy, place
    return len(places)


def _barriers(visitor: Visitor, name: str) -> list[str]:
    found = []
    for theme in THEMES:
        visitor.paint(theme)
        barriers = visitor.barriers(colours_only=theme != THEMES[0])
        found += [f"{name} {theme}: {one}" for one in barriers]
    return found
