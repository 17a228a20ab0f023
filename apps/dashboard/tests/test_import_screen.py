"""A statement of another bank is sent, looked at, corrected and only then brought in."""

import re
from typing import Final

import pytest
from playwright.sync_api import FilePayload, Route, expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
HOSTILE: Final = "<img src=x onerror=alert(1)>"
STATEMENT: Final = f"""Date,Description,Counterparty,Amount
2026-03-02,Coffee,{HOSTILE},-3.50
2026-03-03,March pay,Works Ltd,2100.00
2026-03-04,Tram,City,-2.90
2026-03-05,Lunch,Canteen,much
"""
# The system's window for choosing a file is not the page's; that the page asks for it is.
_ASKED: Final = """(field) => field.addEventListener("click", (event) => {
  event.preventDefault();
  field.dataset.asked = "yes";
}, {once: true})"""
_DROPPED: Final = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
  return data;
}"""
STRANGE: Final = "Wann;Was;Wieviel\n13.03.2026;Kaffee;-3,50\n14.03.2026;Lohn;2.100,00\n"


def test_a_statement_is_looked_at_and_brought_in_by_keyboard(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/import")
    standing = page.locator(".finding")
    heading = page.get_by_role("heading", level=1)
    visitor.tab_to("Add an account at another bank", role="button")
    visitor.press("Enter")
    visitor.tab_to("Name", role="textbox")
    page.keyboard.type("Old bank")
    visitor.press("Enter")
    expect(page.get_by_label("Which account is it of?")).to_contain_text("Old bank")
    expect(heading).to_be_focused()

    _send(visitor, "march.csv", STATEMENT)
    expect(standing).to_contain_text("3 new, 1 not readable")
    expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    expect(page.get_by_text("'much' is not an amount")).to_be_visible()
    assert visitor.faults() == []
    visitor.tab_to("Leave out City", role="button")
    visitor.press("Enter")
    expect(standing).to_contain_text("2 new, 1 not readable, 1 left out")
    visitor.tab_to("Bring in 2 lines", role="button")
    visitor.press("Enter")
    expect(standing).to_contain_text("2 brought in, 1 not readable, 1 left out")
    expect(heading).to_be_focused()
    visitor.tab_to("Other imports", role="link")
    visitor.press("Enter")
    expect(page.get_by_role("link", name="march.csv")).to_be_visible()
    expect(heading).to_be_focused()
    _send(visitor, "march-again.csv", STATEMENT)
    expect(standing).to_contain_text("1 new, 2 already there, 1 not readable")
    page.get_by_role("button", name="Already there").press("Enter")

    expect(page).to_have_url(re.compile("status=duplicate"))
    expect(page.get_by_text("It is in the account already.")).to_have_count(2)
    expect(page.get_by_text("City", exact=True)).to_have_count(0)


def test_a_file_that_cannot_be_read_is_explained_beside_it(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    _opened(visitor, newcomer, "external")
    page = visitor.open("/import")
    choose = page.get_by_role("button", name="Choose a file")

    page.get_by_role("button", name="Send and look at it").press("Enter")
    expect(page.get_by_text("Choose the file that your other bank gave you.")).to_be_visible()
    expect(choose).to_be_focused()
    _send(visitor, "holiday.png", "\x89PNG\r\n\x1a\n\x00\x01")

    expect(page.get_by_text("We cannot read this file. The file is of a kind")).to_be_visible()
    expect(choose).to_be_focused()
    expect(choose).to_have_accessible_description(re.compile("of a kind that is not known"))
    page.reload()
    expect(page.get_by_text("Nothing imported yet")).to_be_visible()


def test_the_bank_is_told_which_column_is_which_and_the_import_called_off(
    visit: Enter, newcomer: str
):
    visitor = visit(newcomer)
    _opened(visitor, newcomer, "external")
    page = visitor.open("/import")

    _send(visitor, "strange.csv", STRANGE)
    day = page.get_by_label("Column of the day")
    expect(day).to_have_accessible_description(re.compile("which is which"))
    assert visitor.faults() == []
    day.fill("Wann")
    page.get_by_label("Column of the amount").fill("Wieviel")
    page.get_by_label("Column of the description").fill("Was")
    page.get_by_role("button", name="Read it again").press("Enter")
    expect(page.locator(".finding")).to_contain_text("2 new")
    expect(page.get_by_text("Kaffee", exact=True)).to_be_visible()
    page.get_by_role("button", name="Call it off").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Call it off").press("Enter")

    expect(page).to_have_url(re.compile("/import$"))
    expect(page.get_by_text("Nothing imported yet")).to_be_visible()


def test_a_lost_connection_keeps_the_chosen_file(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    visitor.forgives("net::ERR_FAILED")
    _opened(visitor, newcomer, "external")
    page = visitor.open("/import")

    def lose(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    page.route("**/api/transactions/imports", lose)
    _send(visitor, "march.csv", STATEMENT)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/api/transactions/imports")
    page.get_by_role("button", name="Send and look at it").press("Enter")

    expect(page.locator(".finding")).to_contain_text("3 new, 1 not readable")


def test_a_dropped_file_is_brought_in_with_what_was_there_before_it(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    _opened(visitor, newcomer, "external")
    page = visitor.open("/import")
    opening = page.get_by_label("On the account before the first line")

    dropped = page.evaluate_handle(_DROPPED, STATEMENT)
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.get_by_text("dropped.csv")).to_be_visible()
    page.get_by_role("button", name="Send and look at it").press("Enter")
    page.get_by_role("button", name="How it is read").press("Enter")
    opening.fill("a lot")
    visitor.press("Enter")
    expect(opening).to_be_focused()
    opening.fill("100.50")
    visitor.press("Enter")
    expect(opening).to_have_count(0)
    page.get_by_role("button", name="Bring in 3 lines").press("Enter")
    expect(page.locator(".finding")).to_contain_text("3 brought in")
    page.get_by_role("link", name="Show the account").press("Enter")

    # 100.50, and what the lines bring and take.
    expect(page.locator(".hero-amount")).to_have_text("€2,194.10")


def _send(visitor: Visitor, name: str, text: str) -> None:
    page = visitor.page
    visitor.tab_to("Choose a file", role="button")
    field = page.locator("input[type=file]")
    field.evaluate(_ASKED)
    visitor.press("Enter")
    expect(field).to_have_attribute("data-asked", "yes")
    content = text.encode("latin-1")
    field.set_input_files(FilePayload(name=name, mimeType="text/plain", buffer=content))
    visitor.tab_to("Send and look at it", role="button")
    visitor.press("Enter")


def _opened(visitor: Visitor, email: str, product: str) -> None:
    asking = visitor.context.request
    said = {"email": email, "password": PASSWORD}
    tokens = asking.post(f"{visitor.address}/api/auth/login", data=said).json()
    headers = {"Authorization": f"Bearer {tokens['access']}", "Idempotency-Key": email}
    body = {"product": product, "currency": "EUR", "nickname": "Old bank"}
    answer = asking.post(f"{visitor.address}/api/accounts", headers=headers, data=body)
    assert answer.ok, answer.text()
