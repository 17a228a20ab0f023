"""A payment that the bank looks at first, as its payer sees it: where it stands, and what next."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
PAYER = "tomas.novak@example.com"
PAYEE = "lucia.rossi@example.com"
SCRIPT = "<img src=x onerror=alert(1)>"


def test_a_payment_under_review_says_what_happens_next_and_is_called_off_by_keyboard(
    visit: Enter, bank: Bank
):
    held = held_back(bank, SCRIPT)
    visitor = visit(PAYER)
    page = visitor.open("/")
    waiting = page.get_by_role("region", name="The bank looks at these first")
    expect(waiting.get_by_text(SCRIPT)).to_be_visible()

    visitor.press_on("What happens next")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting payments")
    visitor.press_on(f"Details: {SCRIPT}")
    drawer = page.get_by_role("dialog", name="Waiting payment")
    expect(
        drawer.get_by_role("listitem").filter(has_text="Somebody at the bank")
    ).to_have_attribute("aria-current", "step")
    expect(drawer.get_by_text("At the latest on")).to_be_visible()
    assert page.url.endswith(f"open={held}")
    assert visitor.faults() == []
    visitor.press_on("Call it off")
    visitor.press_on("Call it off")

    expect(drawer.get_by_text("Called off", exact=True)).to_be_visible()
    visitor.press("Escape")
    expect(page.get_by_role("button", name=f"Details: {SCRIPT}")).to_have_count(0)
    with bank.client(PAYER) as client:
        assert client.get(f"/api/transactions/pending/{held}").json()["state"] == "voided"


def test_what_staff_turn_down_is_said_with_what_to_do_now(visit: Enter, bank: Bank, officer: str):
    held = held_back(bank, "A stranger")
    visitor = visit(PAYER)
    page = visitor.open("/pending")
    looked_at = page.get_by_role("region", name="The bank looks at these first")
    expect(looked_at.get_by_text("A stranger").first).to_be_visible()

    with bank.client(officer) as staff:
        answer = _once(staff, f"/api/transactions/reviews/{held}/reject", {"words": "A trick"})
    assert answer.status_code == 200, answer.text
    visitor.open("/pending")
    turned_down = page.get_by_role("region", name="Not made")
    turned_down.get_by_role("button", name="Details: A stranger").first.press("Enter")

    drawer = page.get_by_role("dialog", name="Waiting payment")
    expect(drawer.get_by_text("The bank did not make it")).to_be_visible()
    expect(drawer.get_by_text("over a number that you know")).to_be_visible()
    expect(drawer.get_by_role("button", name="Call it off")).to_have_count(0)
    # What staff wrote is theirs.
    expect(page.get_by_text("A trick")).to_have_count(0)


def test_a_decision_that_was_faster_than_calling_off_is_shown(
    visit: Enter, bank: Bank, officer: str
):
    held = held_back(bank, "Just decided")
    visitor = visit(PAYER)
    page = visitor.open(f"/pending?open={held}")
    drawer = page.get_by_role("dialog", name="Waiting payment")
    drawer.get_by_role("button", name="Call it off").press("Enter")

    with bank.client(officer) as staff:
        answer = _once(staff, f"/api/transactions/reviews/{held}/reject", {"words": "No"})
    assert answer.status_code == 200, answer.text
    page.get_by_role("dialog", name="Call off the payment").get_by_role(
        "button", name="Call it off"
    ).press("Enter")

    expect(page.get_by_text("The bank did not make it, and").last).to_be_visible()
    expect(page.get_by_text("Called off")).to_have_count(0)
    expect(drawer.get_by_text("The bank did not make it")).to_be_visible()


def held_back(bank: Bank, name: str) -> str:
    """Pay somebody new so much that the bank looks at it first; return what it is known by."""
    with bank.client(PAYEE) as client:
        target = client.get("/api/accounts").json()["items"][0]["id"]
    with bank.client(PAYER) as client:
        own = client.get("/api/accounts").json()["items"]
        source = max(own, key=lambda one: float(one["balance"]["available"]["amount"]))
        body = {
            "source_account_id": source["id"],
            "target_account_id": target,
            "amount": {"amount": "2000.00", "currency": "EUR"},
            "counterparty": name,
            "description": "A used bicycle",
        }
        answer = _once(client, "/api/transactions", body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _once(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": str(new_id())})
