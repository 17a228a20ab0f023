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

    _press(visitor, "Get a card")
    visitor.tab_to("Name")
    page.keyboard.type("By keyboard")
    visitor.press("Enter")
    _prove_if_asked(visitor, card.get_by_text("vortex ·· ").is_visible)
    expect(card.get_by_text("By keyboard")).to_be_visible()
    expect(card.get_by_text("vortex ·· ")).to_be_visible()
    _press(visitor, "Limits of By keyboard")
    drawer = page.get_by_role("dialog", name="Limits of By keyboard")
    expect(drawer.get_by_text("No limit of its own")).to_be_visible()
    _limit(visitor, drawer, "80")
    expect(drawer.get_by_text("€0.00 of €80.00 used")).to_be_visible()
    assert visitor.faults() == []
    _press(visitor, "Change: Per day · any way")
    visitor.tab_to("Amount in EUR")
    visitor.press("Control+a")
    page.keyboard.type("500")
    visitor.press("Enter")
    expect(drawer.get_by_text("€500.00 from ")).to_be_visible()
    expect(drawer.get_by_text("€0.00 of €80.00 used")).to_be_visible()
    visitor.press("Escape")
    assert visitor.focused()["name"] == "Limits of By keyboard"
    _press(visitor, "Payments with By keyboard")
    expect(page.get_by_text("Nothing was paid with it yet")).to_be_visible()
    visitor.press("Escape")
    _press(visitor, "Lock By keyboard")
    expect(card.get_by_text("Locked", exact=True)).to_be_visible()
    _press(visitor, "Cancel the card By keyboard for good")
    _press(visitor, "Cancel the card")

    expect(card.get_by_text("Cancelled")).to_be_visible()
    expect(card.get_by_role("button", name="Lock")).to_have_count(0)


def test_a_limit_of_the_account_is_set_and_lifted_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Spending limits")

    _press(visitor, "Set a limit")
    visitor.tab_to("How often")
    page.keyboard.type("Per m")
    visitor.tab_to("What for")
    page.keyboard.type("cash")
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("700")
    visitor.press("Enter")
    _prove_if_asked(visitor, card.get_by_text("of €700.00 used").is_visible)
    expect(card.get_by_text("of €700.00 used")).to_be_visible()
    _press(visitor, "Lift: Per month · cash")
    _press(visitor, "Lift")

    expect(card.get_by_text("Ends on ")).to_be_visible()


def test_an_alert_is_added_and_removed_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Alerts")

    _press(visitor, "Add an alert")
    visitor.tab_to("Tell me of")
    page.keyboard.type("A bal")
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("31")
    visitor.press("Enter")
    alert = card.get_by_role("button", name="Remove: ")
    expect(alert).to_have_count(1)
    assert visitor.focused()["name"] == "Add an alert"
    _press(visitor, str(alert.get_attribute("aria-label")))

    expect(card.get_by_text("Nothing is watched for")).to_be_visible()


def test_a_name_for_payments_is_chosen_paid_by_changed_and_given_up_by_keyboard(
    visit: Enter, bank: Bank
):
    visitor, friend = visit(HOLDER), visit(FRIEND)
    page = _account(visitor, bank)
    card = page.get_by_role("region", name="Name for payments")
    expect(card.get_by_text("No name yet")).to_be_visible()

    _press(visitor, "Choose a name")
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
    there = friend.open("/transfer")
    _press(friend, "Someone else")
    friend.tab_to("Their account number (IBAN) or name")
    there.keyboard.type("marie.pays.late")
    friend.tab_to("Amount in EUR")
    there.keyboard.type("0.29")
    friend.press("Enter")
    expect(there.get_by_text("@marie.pays.late · ")).to_be_visible()
    _press(friend, "Send €0.29")
    expect(there.get_by_role("heading", name="€0.29 sent to")).to_be_visible()
    _press(visitor, "Give up @marie.pays.late")
    _press(visitor, "Give up")
    expect(card.get_by_text("No name yet")).to_be_visible()
    friend.open("/transfer")
    _press(friend, "Someone else")
    friend.tab_to("Their account number (IBAN) or name")
    there.keyboard.type("@marie.pays.late")
    friend.tab_to("Amount in EUR")
    there.keyboard.type("0.29")
    friend.press("Enter")

    expect(there.get_by_text("Nobody at this bank is paid by this name.")).to_be_visible()


def _account(visitor: Visitor, bank: Bank) -> Page:
    with bank.client(HOLDER) as client:
        found = client.get("/api/accounts").json()["items"][0]["id"]
    return visitor.open(f"/accounts/{found}")


def _press(visitor: Visitor, name: str) -> None:
    visitor.tab_to(name, role="button", most=MOST)
    visitor.press("Enter")


def _limit(visitor: Visitor, drawer: Locator, amount: str) -> None:
    _press(visitor, "Set a limit")
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
