"""Charts read without eyes or mouse, searches that can be kept, and every state of a list."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from apps.dashboard.tests.conftest import Enter

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
CUSTOMER = "customer1@example.com"


def test_the_balance_chart_is_read_by_keyboard_and_leads_to_the_transactions_behind_a_day(
    visit: Enter,
):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")
    chart = page.get_by_role("application")
    assert re.search(
        r"(Up|Down) €[\d,.]+ since .+; the lowest was", chart.get_attribute("aria-label") or ""
    )

    chart.focus()
    visitor.press("Home", "ArrowRight", "Shift+ArrowRight", "End", "ArrowLeft")
    expect(page.locator("[aria-live=polite]").first).to_contain_text(re.compile(r"^\w+ \d+: €"))
    visitor.press("Enter")

    expect(page).to_have_url(re.compile(r"/transactions\?from=(\S+)&to=\1$"))
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_each_chart_is_a_table_too_and_its_parts_are_links(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")

    for _ in range(2):
        page.get_by_role("button", name="Show as table").first.press("Enter")
    expect(page.get_by_role("table")).to_have_count(2)
    page.locator(".legend-row").first.press("Enter")

    expect(page).to_have_url(re.compile(r"/transactions\?category=\w+&from="))
    expect(page.locator(".row").first).to_be_visible()


def test_a_transaction_is_found_by_a_word_and_the_search_can_be_kept(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transactions")

    page.get_by_label("Search transactions").fill("Stadtverkehr")
    expect(page).to_have_url(re.compile("q=Stadtverkehr"))
    visitor.settled()
    expect(page.locator(".row .row-name").first).to_have_text("Stadtverkehr")
    assert set(page.locator(".row .row-name").all_inner_texts()) == {"Stadtverkehr"}
    page.get_by_role("button", name="Money in").click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").last.click()

    expect(page).to_have_url(re.compile(r"/transactions$"))
    expect(page.get_by_label("Search transactions")).to_have_value("")


def test_filters_are_set_together_and_taken_away_one_by_one(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transactions")

    page.get_by_role("button", name="Filters").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Category").select_option("groceries")
    drawer.get_by_label("At least").fill("ten")
    drawer.get_by_role("button", name="Apply").click()
    expect(drawer.get_by_label("At least")).to_be_focused()
    drawer.get_by_label("At least").fill("10")
    drawer.get_by_role("button", name="Apply").click()

    expect(page).to_have_url(re.compile("category=groceries&least=1000"))
    page.get_by_role("button", name="At least €10.00").click()
    expect(page).to_have_url(re.compile(r"category=groceries$"))


def test_rows_are_walked_opened_and_selected_by_keys(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transactions")

    visitor.press("j", "j", "k", "x", "j", "x")
    expect(page.get_by_role("region", name="2 selected")).to_be_visible()
    page.get_by_label("Category", exact=True).select_option("shopping")
    expect(page.locator(".row .row-more").nth(1)).to_contain_text("Shopping")
    page.locator(".row").nth(2).focus()
    visitor.press("Enter")
    expect(page.get_by_role("dialog", name="Transaction")).to_be_visible()
    visitor.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".row").nth(2)).to_be_focused()


def test_a_transaction_is_filed_with_category_tag_and_note(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transactions?q=Klickladen")
    page.locator(".row").first.click()
    drawer = page.get_by_role("dialog")

    drawer.get_by_label("Category").select_option("gifts")
    expect(drawer.get_by_text("Saved")).to_be_visible()
    drawer.get_by_label("Add a tag").fill('"><svg onload=alert(1)>')
    drawer.get_by_label("Note").fill("javascript:alert(1) {{7*7}} \u202e")
    drawer.get_by_role("button", name="Save tags and note").click()
    expect(page.get_by_text("Tags and note are saved").first).to_be_visible()
    page.reload()

    expect(drawer.get_by_label("Note")).to_have_value("javascript:alert(1) {{7*7}} \u202e")
    expect(
        drawer.get_by_role("button", name='Remove the tag "><svg onload=alert(1)>')
    ).to_be_visible()
    expect(drawer.get_by_label("Category")).to_have_value("gifts")


def test_a_failure_says_what_support_needs_and_can_be_tried_again(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")

    def fail(route: Route) -> None:
        problem = '{"code": "internal_error", "detail": "Sorry.", "title": "", "status": 500}'
        headers = {"X-Request-Id": "request-0815", "Content-Type": "application/problem+json"}
        route.fulfill(status=500, headers=headers, body=problem)

    page.route("**/api/transactions/search*", fail)
    page.get_by_role("link", name="Transactions").first.click()
    expect(page.get_by_text("request-0815")).to_be_visible()
    page.unroute("**/api/transactions/search*")
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".row").first).to_be_visible()
    visitor.complaints = [said for said in visitor.complaints if "status of 500" not in said]


def test_amounts_are_hidden_by_a_key_and_stay_hidden(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")

    visitor.press("h")
    page.reload()
    visitor.settled()

    assert _blurred(page, ".amount") == _count(page, ".amount") > 0
    assert _blurred(page, ".axis-money") == _count(page, ".axis-money") > 0
    visitor.press("h")
    expect(page.locator("html")).not_to_have_attribute("data-private", "")
    assert _blurred(page, ".amount") == 0


def test_the_palette_and_the_sheet_of_keys_open_by_key_and_lead_on(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")

    visitor.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    visitor.press("Escape", "Control+k")
    page.keyboard.type("rainy")
    visitor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rainy days")
    visitor.press("/")
    page.keyboard.type("Preisinsel")
    visitor.press("Enter")

    expect(page).to_have_url(re.compile("/transactions.q=Preisinsel"))
    visitor.press("g", "o")
    expect(page).to_have_url(re.compile("/$"))


def _blurred(page: Page, selector: str) -> int:
    script = (
        """(all) => all.filter((one) => getComputedStyle(one).filter.includes("blur")).length"""
    )
    return int(page.locator(selector).evaluate_all(script))


def _count(page: Page, selector: str) -> int:
    return page.locator(selector).count()
