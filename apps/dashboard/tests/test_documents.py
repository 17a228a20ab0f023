"""The monthly statements of an account: listed by year, taken away in four formats."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from apps.dashboard.tests.browsing import PASSWORD
from apps.dashboard.tests.conftest import Enter

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
CUSTOMER = "customer1@example.com"


@pytest.mark.parametrize(
    ("name", "ending", "begins"),
    [("PDF", "pdf", b"%PDF"), ("camt.053", "xml", b"<?xml")],
    ids=["PDF", "camt.053"],
)
def test_a_statement_is_found_and_taken_away_by_keyboard(
    visit: Enter, tmp_path: Path, name: str, ending: str, begins: bytes
):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")
    visitor.press("Control+k")
    page.keyboard.type("documents")
    visitor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")
    expect(page.get_by_role("heading", level=3).first).to_have_text(re.compile(r"^20\d\d$"))
    button = page.locator(".thing").first.get_by_role("button", name=f"as {name}")
    called = button.get_attribute("aria-label") or ""
    assert re.fullmatch(rf"Download \w+ 20\d\d as {re.escape(name)}", called)

    visitor.tab_to(called, role="button")
    with page.expect_download() as taken:
        visitor.press("Enter")
    taken.value.save_as(tmp_path / "statement")

    assert re.fullmatch(rf"statement-\w{{4}}-20\d\d-\d\d\.{ending}", taken.value.suggested_filename)
    assert (tmp_path / "statement").read_bytes().startswith(begins)


def test_a_failure_says_what_support_needs_and_silence_what_to_check(visit: Enter):
    visitor = visit(CUSTOMER)
    visitor.forgives("net::ERR_FAILED", "status of 500")
    page = visitor.open("/")

    def fail(route: Route) -> None:
        problem = '{"code": "internal_error", "detail": "Sorry.", "title": "", "status": 500}'
        headers = {"X-Request-Id": "request-0816", "Content-Type": "application/problem+json"}
        route.fulfill(status=500, headers=headers, body=problem)

    page.route("**/statements?*", fail)
    page.get_by_role("link", name="Documents").first.click()
    expect(page.get_by_text("request-0816")).to_be_visible()
    page.unroute("**/statements?*")
    page.route("**/statements?*", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The bank cannot be reached")).to_be_visible()
    page.unroute("**/statements?*")
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".thing").first).to_contain_text("at the end")


def test_a_new_account_says_when_its_first_statement_comes(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/documents")
    expect(page.get_by_text("No account with statements")).to_be_visible()
    asking = visitor.context.request
    said = {"email": newcomer, "password": PASSWORD}
    tokens = asking.post(f"{visitor.address}/api/auth/login", data=said).json()
    headers = {"Authorization": f"Bearer {tokens['access']}", "Idempotency-Key": newcomer}
    opening = {"product": "checking", "currency": "EUR", "nickname": "Everyday"}
    opened = asking.post(f"{visitor.address}/api/accounts", headers=headers, data=opening)
    assert opened.ok, opened.text()

    visitor.open(f"/accounts/{opened.json()['id']}")
    page.get_by_role("link", name="Statements").press("Enter")

    expect(page.get_by_text("No statement yet")).to_be_visible()
    expect(page.get_by_text(re.compile(r"comes soon after .*1"))).to_be_visible()
