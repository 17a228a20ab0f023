"""Profile and preferences: what is changed stays, here or at the bank, and says where."""

import pytest
from playwright.sync_api import expect

from apps.dashboard.tests.budgets import CUSTOMER
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.mailbox import mailed_link
from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(120)]

SCRIPT = "<img src=x onerror=alert(1)>"


def test_a_name_is_changed_by_keyboard_and_never_becomes_a_script(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")

    visitor.tab_to("Full name")
    visitor.press("Control+A")
    page.keyboard.type(SCRIPT)
    visitor.press("Enter")
    expect(page.locator(".who-name")).to_contain_text(SCRIPT)

    visitor.open("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img")
    expect(page.locator("main img")).to_have_count(0)


def test_an_empty_name_says_what_to_do_beside_the_field(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")
    page.get_by_label("Full name").fill(" ")
    visitor.press("Enter")

    expect(page.get_by_text("Enter your name as it is on your papers.")).to_be_visible()
    assert visitor.focused()["name"] == "Full name"


def test_the_theme_is_chosen_and_outlasts_a_visit(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")

    visitor.tab_to("Dark")
    visitor.press("Enter")
    page.reload()

    visitor.settled()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_a_card_that_is_put_away_is_not_on_the_overview(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/profile")

    page.get_by_label("Spending").uncheck()
    visitor.open("/")

    expect(page.get_by_role("heading", name="Latest activity")).to_be_visible()
    expect(page.get_by_role("heading", name="Spending")).to_have_count(0)


def test_shortcuts_are_switched_off_for_those_whom_they_disturb(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")
    somewhere = page.get_by_role("link", name="Overview").first
    page.get_by_label("Single letters are shortcuts").uncheck()
    somewhere.focus()

    visitor.press("g", "s")
    expect(page).to_have_url(f"{visitor.address}/profile")

    page.get_by_label("Single letters are shortcuts").check()
    somewhere.focus()
    visitor.press("g", "s")
    expect(page).to_have_url(f"{visitor.address}/security")


def test_a_new_address_is_asked_for_and_the_present_one_stays(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")

    page.get_by_role("button", name="Change e-mail").press("Enter")
    page.get_by_label("New e-mail").fill("nobody")
    visitor.press("Enter")
    expect(page.get_by_text("Enter an address such as")).to_be_visible()
    page.get_by_label("New e-mail").fill(f"new-{newcomer}")
    visitor.press("Enter")

    expect(page.get_by_text(f"Follow the link in the mail to new-{newcomer}")).to_have_count(2)
    expect(page.get_by_text(newcomer, exact=True)).to_be_visible()


def test_a_new_address_is_confirmed_and_the_old_one_takes_the_account_back(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor = visit(newcomer)
    page = visitor.open("/profile")
    page.get_by_role("button", name="Change e-mail").press("Enter")
    page.get_by_label("New e-mail").fill(f"new-{newcomer}")
    visitor.press("Enter")

    visitor.open(mailed_link(bank, f"new-{newcomer}", "/verify-email"))
    expect(page.get_by_text("Your address is confirmed")).to_be_visible()
    stranger = visit()
    page = stranger.open(mailed_link(bank, newcomer, "/undo-email"))
    assert "token" not in page.url
    page.get_by_role("button", name="That was not me").press("Enter")

    expect(page.get_by_text("Your address counts again")).to_be_visible()


def test_ones_data_are_taken_along_as_a_file(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")

    page.get_by_role("button", name="Download").press("Enter")
    with page.expect_download() as coming:
        page.get_by_role("dialog").get_by_role("button", name="Download").press("Enter")

    text = coming.value.path().read_text()
    assert coming.value.suggested_filename == "vortexcore-my-data.json"
    assert newcomer in text
    assert "argon2" not in text


def test_somebody_without_accounts_can_leave_for_good(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/profile")

    page.get_by_role("button", name="Delete").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_somebody_with_accounts_is_told_why_not(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/profile")

    page.get_by_role("button", name="Delete").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")

    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
