"""What belongs to an account by keyboard alone: Tab, typing, Enter.

No walk touches an element: what Tab does not lead to cannot be reached, and the test says so. Where
a dialog closes, the focus is back on what opened it.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
HOLDER = "marie.keller@example.com"
FRIEND = "lucia.rossi@example.com"
# An account has a list of what was booked before what belongs to it.
MOST = 200


def test_a_card_is_made_limited_locked_and_cancelled_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Cards")

    visitor.press_on("Get a card", role="button", most=MOST)
    visitor.tab_to("Name")
    page.keyboard.type("By keyboard")
    visitor.press("Enter")
    _prove_if_asked(visitor, card.get_by_text("vortex ·· ").is_visible)
    expect(card.get_by_text("By keyboard")).to_be_visible()
    expect(card.get_by_text("vortex ·· ")).to_be_visible()
    visitor.press_on("Limits of By keyboard", role="button", most=MOST)
    drawer = page.get_by_role("dialog", name="Limits of By keyboard")
    expect(drawer.get_by_text("No limit of its own")).to_be_visible()
    _limit(visitor, drawer, "80")
    expect(drawer.get_by_text("€0.00 of €80.00 used")).to_be_visible()
    assert visitor.faults() == []
    visitor.press_on("Change: Per day · any way", role="button", most=MOST)
    visitor.tab_to("Amount in EUR")
    visitor.press("Control+a")
    page.keyboard.type("500")
    visitor.press("Enter")
    expect(drawer.get_by_text("€500.00 from ")).to_be_visible()
    expect(drawer.get_by_text("€0.00 of €80.00 used")).to_be_visible()
    visitor.press("Escape")
    assert visitor.focused()["name"] == "Limits of By keyboard"
    visitor.press_on("Payments with By keyboard", role="button", most=MOST)
    expect(page.get_by_text("Nothing was paid with it yet")).to_be_visible()
    visitor.press("Escape")
    visitor.press_on("Lock By keyboard", role="button", most=MOST)
    expect(card.get_by_text("Locked", exact=True)).to_be_visible()
    visitor.press_on("Cancel the card By keyboard for good", role="button", most=MOST)
    visitor.press_on("Cancel the card", role="button", most=MOST)

    expect(card.get_by_text("Cancelled")).to_be_visible()
    expect(card.get_by_role("button", name="Lock")).to_have_count(0)


def test_a_limit_of_the_account_is_set_and_lifted_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Spending limits")

    visitor.press_on("Set a limit", role="button", most=MOST)
    visitor.tab_to("How often")
    page.keyboard.type("Per m")
    visitor.tab_to("What for")
    page.keyboard.type("cash")
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("700")
    visitor.press("Enter")
    _prove_if_asked(visitor, card.get_by_text("of €700.00 used").is_visible)
    expect(card.get_by_text("of €700.00 used")).to_be_visible()
    visitor.press_on("Lift: Per month · cash", role="button", most=MOST)
    visitor.press_on("Lift", role="button", most=MOST)

    expect(card.get_by_text("Ends on ")).to_be_visible()


def test_an_alert_is_added_and_removed_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Alerts")

    visitor.press_on("Add an alert", role="button", most=MOST)
    visitor.tab_to("Tell me of")
    page.keyboard.type("A bal")
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("31")
    visitor.press("Enter")
    alert = card.get_by_role("button", name="Remove: ")
    expect(alert).to_have_count(1)
    assert visitor.focused()["name"] == "Add an alert"
    visitor.press_on(str(alert.get_attribute("aria-label")), role="button", most=MOST)

    expect(card.get_by_text("Nothing is watched for")).to_be_visible()


def test_a_name_for_payments_is_chosen_paid_by_and_given_up_by_keyboard(visit: Enter, bank: Bank):
    visitor, friend = visit(HOLDER), visit(FRIEND)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Name for payments")
    expect(card.get_by_text("No name yet")).to_be_visible()

    visitor.press_on("Choose a name", role="button", most=MOST)
    visitor.tab_to("Name")
    page.keyboard.type("support")
    visitor.press("Enter")
    expect(page.get_by_text("as if the bank itself were speaking")).to_be_visible()
    assert visitor.focused()["name"] == "Name"
    visitor.press("Control+a")
    page.keyboard.type("Marie.Pays.Late")
    visitor.press("Enter")
    expect(card.get_by_text("@marie.pays.late")).to_be_visible()
    assert visitor.faults() == []
    there = _pay(friend, "marie.pays.late")
    expect(there.get_by_text("@marie.pays.late · ")).to_be_visible()
    friend.press_on("Send €0.29", role="button", most=MOST)
    expect(there.get_by_role("heading", name="€0.29 sent to")).to_be_visible()
    visitor.press_on("Give up @marie.pays.late", role="button", most=MOST)
    visitor.press_on("Give up", role="button", most=MOST)
    expect(card.get_by_text("No name yet")).to_be_visible()
    _pay(friend, "@marie.pays.late")

    expect(there.get_by_text("Nobody at this bank is paid by this name.")).to_be_visible()


def _account(visitor: Visitor, bank: Bank) -> Page:
    with bank.client(HOLDER) as client:
        found = client.get("/api/accounts").json()["items"][0]["id"]
    return visitor.open(f"/accounts/{found}")


def _pay(visitor: Visitor, name: str) -> Page:
    page = visitor.open("/transfer")
    visitor.press_on("Someone else", role="button")
    visitor.tab_to("Their account number (IBAN) or name")
    page.keyboard.type(name)
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("0.29")
    visitor.press("Enter")
    return page


def _limit(visitor: Visitor, drawer: Locator, amount: str) -> None:
    visitor.press_on("Set a limit", role="button", most=MOST)
    visitor.tab_to("Amount in EUR")
    visitor.page.keyboard.type(amount)
    visitor.press("Enter")
    _prove_if_asked(visitor, drawer.get_by_text(f"of €{amount}.00 used").is_visible)


def _prove_if_asked(visitor: Visitor, is_done: Callable[[], bool]) -> None:
    """A fresh sign-in is a proof for a while; on a slow machine the question may come."""
    question = visitor.page.get_by_role("dialog", name="Is it you?")
    while not is_done():
        if question.get_by_label("Password").is_visible():
            visitor.tab_to("Password")
            visitor.page.keyboard.type(PASSWORD)
            visitor.press("Enter")
            return
        visitor.page.wait_for_timeout(50)
