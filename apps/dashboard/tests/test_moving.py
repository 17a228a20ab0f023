"""Moving money at the screen: by keyboard, with mistakes, with impatience, over a bad line."""

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
PAYER, PAYEE = "paul.mertens@example.com", "greta.larsen@example.com"


def test_money_moves_between_own_accounts_by_keyboard_alone(visit: Enter):
    visitor = visit(PAYER)
    page = visitor.open("/")

    visitor.press("n")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    visitor.tab_to("Amount in EUR")
    page.keyboard.type("1,05")
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    visitor.tab_to("Send €1.05")
    visitor.press("Enter")

    expect(page.get_by_role("heading", level=2)).to_have_text("€1.05 sent to Rainy days")
    expect(page.get_by_role("heading", level=2)).to_be_focused()


def test_another_customer_is_found_by_number_and_shown_before_anything_is_sent(
    visit: Enter, bank: Bank
):
    visitor = visit(PAYER)
    page = _form(visitor)
    iban = _account(bank, PAYEE)["iban"]

    page.get_by_role("button", name="Someone else").click()
    page.get_by_label("Their account number").fill(iban.lower())
    page.get_by_label("What you call them").fill("<img src=x onerror=alert(1)>")
    page.get_by_label("Amount in EUR").fill("0.07")
    page.get_by_label("Message").fill("<script>alert(1)</script>")
    visitor.press("Enter")
    expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    expect(page.get_by_text(f"•••• {iban[-4:]}")).to_be_visible()
    page.get_by_role("button", name="Send €0.07").click()

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.07 sent to <img src=x")
    page.get_by_role("link", name="Show transaction").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("<script>alert(1)</script>")).to_be_visible()


def test_a_payment_that_the_bank_looks_at_first_says_so_and_is_called_off(visit: Enter, bank: Bank):
    visitor = visit(PAYEE)
    page = _form(visitor)

    source = page.get_by_label("From")
    source.select_option(source.locator("option", has_text="Rainy days").get_attribute("value"))
    page.get_by_role("button", name="Someone else").click()
    page.get_by_label("Their account number").fill(_account(bank, PAYER)["iban"])
    page.get_by_label("Amount in EUR").fill("2000.00")
    visitor.press("Enter")
    page.get_by_role("button", name="Send €2,000.00").click()
    said = page.get_by_role("heading", level=2)
    expect(said).to_contain_text("The bank looks at €2,000.00")
    expect(said).to_be_focused()
    page.get_by_role("button", name="Call it off").click()

    expect(page.get_by_label("Amount in EUR")).to_be_visible()
    with bank.client(PAYEE) as client:
        (held,) = client.get("/api/transactions/pending", params={"state": "voided"}).json()[
            "items"
        ]
    assert held["amount"] == {"amount": "2000.00", "currency": "EUR"}


def test_what_was_typed_stays_and_the_first_mistake_has_the_focus(visit: Enter):
    visitor = visit(PAYER)
    page = _form(visitor)

    page.get_by_role("button", name="Someone else").click()
    page.get_by_label("Amount in EUR").fill("a lot")
    page.get_by_label("Message").fill("For the plants")
    visitor.press("Enter")

    expect(page.get_by_label("Their account number")).to_be_focused()
    expect(page.get_by_text("Enter an amount such as 12.50.")).to_be_visible()
    page.get_by_label("Their account number").fill("DE02120300000000202051")
    page.get_by_label("Amount in EUR").fill("1.005")
    visitor.press("Enter")
    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    page.get_by_label("Amount in EUR").fill("1.00")
    visitor.press("Enter")
    expect(page.get_by_label("Their account number")).to_be_focused()
    expect(page.get_by_text("Nobody at this bank has this number.")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("For the plants")


def test_more_than_there_is_is_refused_beside_the_amount(visit: Enter):
    visitor = visit(PAYER)
    page = _form(visitor)

    page.get_by_label("Amount in EUR").fill("99999999")
    visitor.press("Enter")

    expect(page.get_by_label("Amount in EUR")).to_be_focused()
    expect(page.get_by_text("That is more than the")).to_be_visible()


def test_an_impatient_click_pays_once(visit: Enter, bank: Bank):
    visitor = visit(PAYER)
    page = _review(visitor, "0.11")

    page.evaluate(
        """() => { const send = [...document.querySelectorAll("button")]
          .find((one) => one.textContent.startsWith("Send "));
          for (let i = 0; i < 5; i++) send.click(); }"""
    )

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.11 sent")
    assert _times(bank, PAYER, "0.11") == 1


def test_a_lost_answer_is_asked_for_again_and_nothing_is_paid_twice(visit: Enter, bank: Bank):
    visitor = visit(PAYER)
    page = _review(visitor, "0.13")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch().status)  # the bank acts, and its answer never arrives
            route.abort()
        else:
            route.continue_()

    page.route("**/api/transactions", lose)
    page.get_by_role("button", name="Send €0.13").click()

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.13 sent")
    assert lost == [201, 201]
    assert _times(bank, PAYER, "0.13") == 1
    visitor.complaints = [said for said in visitor.complaints if "ERR_FAILED" not in said]


def test_where_no_answer_comes_at_all_the_page_says_so_and_sending_again_is_safe(
    visit: Enter, bank: Bank
):
    visitor = visit(PAYER)
    page = _review(visitor, "0.17")

    def act_in_silence(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/transactions", act_in_silence)
    page.get_by_role("button", name="Send €0.17").click()
    expect(page.get_by_role("alert")).to_contain_text("never sent twice", timeout=30_000)
    page.unroute("**/api/transactions")
    page.get_by_role("button", name="Send €0.17").click()

    expect(page.get_by_role("heading", level=2)).to_contain_text("€0.17 sent")
    assert _times(bank, PAYER, "0.17") == 1
    visitor.complaints = [said for said in visitor.complaints if "ERR_FAILED" not in said]


def test_a_transfer_that_has_to_be_confirmed_goes_on_after_the_proof(visit: Enter, bank: Bank):
    visitor = visit(PAYER)
    page = _review(visitor, "0.19")
    asked: list[str] = []

    def ask_once(route: Route) -> None:
        # Which transfers need a proof is for the bank to say; here it asks for the first.
        if asked:
            return route.continue_()
        asked.append(route.request.url)
        said = '{"code": "step_up_required", "detail": "", "title": "", "status": 401}'
        kind = "application/problem+json"
        return route.fulfill(status=401, headers={"Content-Type": kind}, body=said)

    answers: list[str] = []
    page.on("request", lambda one: answers.append(one.url))
    page.route("**/api/transactions", ask_once)
    page.get_by_role("button", name="Send €0.19").click()
    dialog = page.get_by_role("dialog", name="Is it you?")
    dialog.get_by_label("Password").fill("not my password")
    visitor.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    visitor.press("Enter")

    expect(page.get_by_role("heading", name="€0.19 sent to Rainy days")).to_be_visible()
    assert (
        sum("/step-up/verify" in url for url in answers) == 2
    )  # a wrong one counts once: five close the question
    assert _times(bank, PAYER, "0.19") == 1


def _form(visitor: Visitor) -> Page:
    return visitor.open("/transfer")


def _review(visitor: Visitor, amount: str) -> Page:
    page = _form(visitor)
    page.get_by_label("Amount in EUR").fill(amount)
    visitor.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    return page


def _account(bank: Bank, email: str) -> dict[str, str]:
    with bank.client(email) as client:
        found: dict[str, str] = client.get("/api/accounts").json()["items"][0]
        return found


def _times(bank: Bank, email: str, amount: str) -> int:
    with bank.client(email) as client:
        minor = int(amount.replace(".", ""))
        asked: dict[str, str | int] = {
            "least_minor": minor,
            "most_minor": minor,
            "kind": "transfer",
        }
        answer: httpx.Response = client.get("/api/transactions/search", params=asked)
        return len(answer.json()["items"])
