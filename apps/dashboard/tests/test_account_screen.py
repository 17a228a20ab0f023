"""One account at the screen: pots, limits, alerts, members, and the end of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
HOLDER = "tomas.novak@example.com"
FRIEND = "lucia.rossi@example.com"
# An account has a list of what was booked before what belongs to it.
MOST = 200
SCRIPT = "<img src=x onerror=alert(1)>"


def test_a_pot_is_opened_filled_changed_and_closed_by_keyboard(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = _card(page, "Pots")

    visitor.press_on("Open a pot")
    visitor.tab_to("Name")
    page.keyboard.type(SCRIPT)
    visitor.tab_to("Goal in EUR")
    page.keyboard.type("90")
    visitor.press("Enter")
    expect(card.get_by_text(SCRIPT)).to_be_visible()
    card.get_by_role("button", name="Move money").press("Enter")
    page.get_by_label("Amount in EUR").fill("99999999")
    visitor.press("Enter")
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    page.get_by_label("Amount in EUR").fill("12.50")
    visitor.press("Enter")
    expect(card.get_by_text("€12.50 of €90")).to_be_visible()
    card.get_by_role("button", name="Change the pot").press("Enter")
    page.get_by_label("Change of payments").select_option("2")
    page.get_by_role("dialog").get_by_role("button", name="Save").press("Enter")
    expect(card.get_by_text("Rounds up to €2")).to_be_visible()
    card.get_by_role("button", name="Close the pot").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.press("Enter")

    expect(card.get_by_text("No pot yet")).to_be_visible()


def test_a_limit_is_set_at_once_and_raised_only_by_whoever_proves_to_be_there(
    visit: Enter, bank: Bank
):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = _card(page, "Spending limits")

    card.get_by_role("button", name="Set a limit").press("Enter")
    page.get_by_label("Amount in EUR").fill("much")
    visitor.press("Enter")
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    page.get_by_label("Amount in EUR").fill("300")
    visitor.press("Enter")
    _prove_if_asked(page, card.get_by_text("of €300.00 used").is_visible)
    expect(card.get_by_text("of €300.00 used")).to_be_visible()
    card.get_by_role("button", name="Change: Per day").press("Enter")
    page.get_by_label("Amount in EUR").fill("900")
    visitor.press("Enter")

    expect(card.get_by_text("€900.00 from ")).to_be_visible()
    expect(card.get_by_text("of €300.00 used")).to_be_visible()


def test_an_alert_is_added_and_removed(visit: Enter, bank: Bank):
    visitor = visit(HOLDER)
    page = _account(visitor, bank)
    card = _card(page, "Alerts")

    card.get_by_role("button", name="Add an alert").press("Enter")
    page.get_by_label("Tell me of").select_option("large_debit")
    page.get_by_label("Amount in EUR").fill("250")
    page.get_by_role("dialog").get_by_role("button", name="Add an alert").dblclick()
    expect(card.get_by_text("A payment of €250.00 or more")).to_have_count(1)
    card.get_by_role("button", name="Remove: A payment").press("Enter")

    expect(card.get_by_text("Nothing is watched for")).to_be_visible()


def test_somebody_is_invited_with_a_code_comes_in_and_is_removed_by_keyboard(
    visit: Enter, bank: Bank
):
    owner, friend = visit(HOLDER), visit(FRIEND)
    page = _account(owner, bank)
    card = _card(page, "Shared with")

    owner.press_on("Invite somebody", most=MOST)
    owner.tab_to("E-mail")
    page.keyboard.type(FRIEND)
    owner.tab_to("What they may do")
    page.keyboard.type("See it and")
    owner.tab_to("At most per day, in EUR")
    page.keyboard.type("40")
    owner.press("Enter")
    _prove_if_asked(page, page.locator("code").is_visible)
    code = page.locator("code").inner_text()
    owner.press_on("Done")
    expect(card.get_by_text("Pays up to €40.00 a day")).to_be_visible()
    there = friend.open("/")
    friend.press_on("Answer")
    friend.tab_to("Code")
    there.keyboard.type("WRONG-CODE")
    friend.press("Enter")
    expect(there.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    there.get_by_label("Code").fill(code)
    friend.press("Enter")
    expect(there.get_by_role("dialog")).to_have_count(0)
    friend.open(page.url.removeprefix(owner.address))
    expect(there.get_by_text("Shared with you")).to_be_visible()
    expect(there.get_by_role("heading", name="Spending limits")).to_have_count(0)
    page.reload()
    owner.settled()
    owner.press_on(f"Remove {FRIEND}", most=MOST)
    owner.press_on("Remove")

    expect(card.get_by_text("You alone")).to_be_visible()
    friend.open(page.url.removeprefix(owner.address))
    expect(there.get_by_role("heading", level=1)).to_have_text("This page does not exist")


def test_an_account_is_closed_into_another_one_and_opened_again(visit: Enter, bank: Bank):
    with bank.client(HOLDER) as client:
        key = {"Idempotency-Key": str(new_id())}
        said = {"product": "wallet", "currency": "EUR", "nickname": "Short-lived"}
        opened = client.post("/api/accounts", json=said, headers=key).json()["id"]
        source = client.get("/api/accounts").json()["items"][0]["id"]
        body = {
            "source_account_id": source,
            "target_account_id": opened,
            "amount": {"amount": "0.41", "currency": "EUR"},
        }
        key = {"Idempotency-Key": str(new_id())}
        assert client.post("/api/transactions", json=body, headers=key).status_code == 201
    visitor = visit(HOLDER)
    page = visitor.open(f"/accounts/{opened}")

    page.get_by_role("button", name="Close account").press("Enter")
    dialog = page.get_by_role("dialog", name="Close this account?")
    expect(dialog.get_by_label("€0.41 goes to")).to_be_visible()
    dialog.get_by_role("button", name="Close account").press("Enter")
    _prove_if_asked(page, page.get_by_text("The account is closed").first.is_visible)
    expect(page.get_by_text("The account is closed").first).to_be_visible()
    visitor.open(f"/accounts/{opened}")
    page.get_by_role("button", name="Open it again").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Open it again").press("Enter")

    expect(page.get_by_text("The account is open again").first).to_be_visible()
    expect(page.get_by_role("button", name="Freeze")).to_be_visible()
    page.get_by_role("button", name="Close account").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close account").press("Enter")
    expect(page.get_by_text("The account is closed").first).to_be_visible()


def _account(visitor: Visitor, bank: Bank) -> Page:
    with bank.client(HOLDER) as client:
        found = client.get("/api/accounts").json()["items"][0]["id"]
    return visitor.open(f"/accounts/{found}")


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def _prove_if_asked(page: Page, is_done: Callable[[], bool]) -> None:
    """A fresh sign-in is a proof for a while; on a slow machine the question may come."""
    question = page.get_by_role("dialog", name="Is it you?")
    while not is_done():
        if question.is_visible():
            question.get_by_label("Password").fill(PASSWORD)
            question.get_by_role("button", name="Continue").click()
            return
        page.wait_for_timeout(50)
