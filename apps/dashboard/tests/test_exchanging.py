"""Money between one's own accounts in two currencies: at a rate that is seen first, and once."""

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from apps.dashboard.tests.browsing import Visitor
from apps.dashboard.tests.budgets import CUSTOMER
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
POUNDS = "Pounds for travelling"
# A clock that is stopped is stopped in the whole profile, so these come with one of their own.
OWN_CLOCK = {"locale": "en-GB"}


def test_euros_become_pounds_by_keyboard_at_the_rate_that_was_shown(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transfer")

    visitor.tab_to("To", role="combobox")
    page.keyboard.type(POUNDS)
    expect(page.get_by_text("You see the rate before anything moves.")).to_be_visible()
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("10")
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    expect(page.get_by_role("timer")).to_contain_text("This rate holds for")
    bought = page.locator(".review-amount").inner_text()
    rate = page.get_by_text("1 EUR = 0.8").inner_text()
    visitor.tab_to("Exchange €10.00")
    visitor.press("Enter")

    expect(page.get_by_role("heading", level=2)).to_have_text(f"€10.00 exchanged for {bought}")
    expect(page.get_by_text(rate)).to_be_visible()


def test_a_rate_that_has_run_out_moves_nothing_and_another_is_asked_for(visit: Enter, bank: Bank):
    visitor = visit(CUSTOMER, **OWN_CLOCK)
    page = _review(visitor, "0.31")

    page.clock.fast_forward(61_000)
    expect(page.get_by_text("The rate has run out; nothing was moved.").first).to_be_visible()
    expect(page.get_by_role("button", name="Exchange €0.31")).to_have_count(0)
    page.get_by_role("button", name="Get a new rate").click()
    page.get_by_role("button", name="Exchange €0.31").dblclick()

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.31 exchanged for £0.2")
    assert _times(bank, 32) == 1  # with its fee


def test_an_exchange_whose_answer_is_lost_is_asked_about_and_never_made_anew(
    visit: Enter, bank: Bank
):
    visitor = visit(CUSTOMER, **OWN_CLOCK)
    page = _review(visitor, "0.37")

    def act_in_silence(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/transactions/exchange", act_in_silence)
    page.get_by_role("button", name="Exchange €0.37").click()
    for _ in range(4):
        page.clock.run_for(4_000)  # it asks by itself a few times, later each time
    expect(page.get_by_role("alert")).to_contain_text("never sent twice")
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("button", name="Get a new rate")).to_have_count(0)
    page.unroute("**/api/transactions/exchange")
    page.get_by_role("button", name="Exchange €0.37").click()

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.37 exchanged for £0.3")
    assert _times(bank, 38) == 1  # with its fee
    visitor.complaints = [said for said in visitor.complaints if "ERR_FAILED" not in said]


def test_what_cannot_be_exchanged_is_said_beside_the_field(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/transfer")
    page.get_by_role("combobox", name="To").select_option(label=_pounds(page))

    page.get_by_label("Amount in EUR").fill("0.01")
    visitor.press("Enter")
    expect(page.get_by_text("That is too little to exchange.")).to_be_visible()
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    none = '{"code": "no_exchange_rate", "detail": "", "title": "", "status": 422}'
    kind = {"Content-Type": "application/problem+json"}
    page.route("**/quotes", lambda route: route.fulfill(status=422, headers=kind, body=none))
    page.get_by_label("Amount in EUR").fill("5")
    visitor.press("Enter")

    expect(page.get_by_text("The bank exchanges no EUR for GBP at present.")).to_be_visible()
    expect(page.get_by_role("combobox", name="To")).to_be_focused()
    expect(page.get_by_label("Amount in EUR")).to_have_value("5")


def _pounds(page: Page) -> str:
    return page.get_by_role("option", name=POUNDS).last.inner_text()


def _review(visitor: Visitor, amount: str) -> Page:
    """Open the form with a clock that the test moves, and go on to the review."""
    visitor.page.clock.install()
    page = visitor.open("/transfer")
    page.get_by_role("combobox", name="To").select_option(label=_pounds(page))
    page.get_by_label("Amount in EUR").fill(amount)
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    return page


def _times(bank: Bank, minor: int) -> int:
    with bank.client(CUSTOMER) as client:
        asked: dict[str, str | int] = {
            "least_minor": minor,
            "most_minor": minor,
            "kind": "exchange",
        }
        answer: httpx.Response = client.get("/api/transactions/search", params=asked)
        return len(answer.json()["items"])
