"""Security, without a mouse: passkeys, the authenticator app, codes on paper, sessions."""

import base64
import time

import httpx
import pytest
from django_otp.oath import TOTP
from playwright.sync_api import expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(120)]

AGAIN = "another long pass phrase"


def prove(visitor: Visitor, code: str) -> None:
    """Answer the question whether it is oneself by a code on paper, without a mouse."""
    expect(visitor.page.get_by_role("dialog", name="Is it you?")).to_be_visible()
    visitor.tab_to("Recovery code", role="button")
    visitor.press("Enter")
    visitor.tab_to("Recovery code", role="textbox")
    visitor.page.keyboard.type(code)
    visitor.press("Enter")


def keep_codes(visitor: Visitor) -> list[str]:
    """Say that the recovery codes are kept, and return them."""
    shown = visitor.page.get_by_role("dialog", name="Your recovery codes")
    expect(shown).to_be_visible()
    codes = shown.locator("code").all_inner_texts()
    visitor.tab_to("I have kept them")
    visitor.press("Space")
    visitor.tab_to("Done")
    visitor.press("Enter")
    expect(shown).to_be_hidden()
    return codes


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    plain = secret.replace(" ", "")
    made = TOTP(base64.b32decode(plain + "=" * (-len(plain) % 8)))
    made.time = time.time()  # noqa: TID251 - the app on somebody's phone has a clock of its own
    return f"{made.token():06d}"


def test_a_passkey_is_added_renamed_used_and_removed_by_keyboard(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    visitor.authenticator()
    page = visitor.open("/security")
    expect(page.get_by_text("No passkey yet")).to_be_visible()

    visitor.tab_to("Add a passkey")
    visitor.press("Enter")
    page.get_by_role("dialog").get_by_label("Name").fill("Laptop")
    visitor.press("Enter")
    codes = keep_codes(visitor)
    assert len(codes) == 10
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()

    visitor.tab_to("Rename Laptop")
    visitor.press("Enter")
    page.get_by_role("dialog").get_by_label("Name").fill("<b>Blue</b> laptop")
    visitor.press("Enter")
    expect(page.get_by_text("<b>Blue</b> laptop", exact=True)).to_be_visible()

    page.evaluate("localStorage.removeItem('vortex.session')")
    visitor.context.clear_cookies()
    # This authenticator answers by itself, so the suggestion below the address would be faster.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    visitor.open("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    expect(page.get_by_role("link", name="Security").first).to_be_visible()

    visitor.open("/security")
    visitor.tab_to("Remove <b>Blue</b> laptop")
    visitor.press("Enter")
    visitor.tab_to("Remove")
    visitor.press("Enter")
    expect(page.get_by_text("No passkey yet")).to_be_visible()


def test_a_passkey_that_nobody_is_recognised_for_is_refused_in_words(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    authenticator = visitor.authenticator()
    visitor.wire.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
    )
    page = visitor.open("/security")

    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("No passkey was used")
    expect(page.get_by_role("dialog").get_by_label("Name")).not_to_have_value("")


def test_an_authenticator_app_is_set_up_shown_as_a_picture_and_removed(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/security")

    visitor.tab_to("Set up an app")
    visitor.press("Enter")
    picture = page.get_by_role("img", name="QR code for an authenticator app")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Six-digit code").fill("12")
    visitor.press("Enter")
    expect(page.get_by_text("Enter the six digits that the app shows.")).to_be_visible()
    assert visitor.focused()["name"] == "Six-digit code"
    page.get_by_label("Six-digit code").fill(code_of(secret))
    visitor.press("Enter")
    codes = keep_codes(visitor)
    expect(page.get_by_text("10 codes left")).to_be_visible()

    visitor.tab_to("Remove the app")
    visitor.press("Enter")
    visitor.tab_to("Remove")
    visitor.press("Enter")
    prove(visitor, codes[0])  # the code of the app is good once, and was used just now
    expect(page.get_by_role("button", name="Set up an app")).to_be_visible()


def test_the_code_of_the_app_is_asked_for_in_another_browser(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    page = visitor.open("/security")
    page.get_by_role("button", name="Set up an app").click()
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Six-digit code").fill(code_of(secret))
    visitor.press("Enter")
    codes = keep_codes(visitor)

    other = visit()
    elsewhere = other.open("/sign-in")
    elsewhere.get_by_label("E-mail").fill(newcomer)
    elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    other.press("Enter")
    elsewhere.get_by_role("button", name="Recovery code").press("Enter")
    elsewhere.get_by_label("Recovery code", exact=True).fill(codes[0])
    elsewhere.get_by_label("Do not ask again").check()
    elsewhere.get_by_role("button", name="Continue").press("Enter")
    expect(elsewhere.get_by_role("link", name="Security").first).to_be_visible()

    visitor.open("/security")
    expect(page.get_by_text("9 codes left")).to_be_visible()
    expect(page.get_by_text("No browser is trusted")).to_be_hidden()
    page.get_by_role("button", name="Stop trusting Chrome on Linux").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_text("No browser is trusted")).to_be_visible()


def test_signing_out_elsewhere_ends_the_other_browser_at_once(
    visit: Enter, bank: Bank, newcomer: str
):
    visitor, other = visit(newcomer), visit(newcomer)
    elsewhere = other.open("/security")
    page = visitor.open("/security")
    expect(page.get_by_role("button", name="Sign out Chrome on Linux")).to_have_count(1)

    visitor.tab_to("Sign out everywhere else")
    visitor.press("Enter")
    visitor.tab_to("Sign out", role="button")
    visitor.press("Enter")

    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out Chrome on Linux")).to_have_count(0)
    expect(page.get_by_text("Signed out", exact=True).first).to_be_visible()


def test_a_new_password_keeps_this_session_and_ends_the_others(
    visit: Enter, bank: Bank, newcomer: str
):
    with bank.client(newcomer, PASSWORD) as program:
        assert program.get("/api/auth/user/profile").status_code == 200
        visitor = visit(newcomer)
        page = visitor.open("/security")

        page.get_by_role("button", name="Change password").press("Enter")
        page.get_by_label("Present password").fill("not this one at all")
        page.get_by_label("New password").fill(AGAIN)
        visitor.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("New password")).to_have_value(AGAIN)
        page.get_by_label("Present password").fill(PASSWORD)
        visitor.press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()

        assert program.get("/api/auth/user/profile").status_code == 401
    visitor.open("/security")
    expect(page.get_by_text("Ended by a new password").first).to_be_visible()
    said = {"email": newcomer, "password": AGAIN}
    assert httpx.post(f"{bank.url}/api/auth/login", json=said, timeout=30).status_code == 200


def test_what_cannot_be_read_says_so_and_is_read_on_request(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    visitor.context.route("**/api/auth/sessions", lambda route: route.abort())
    visitor.forgives("net::ERR_FAILED")
    page = visitor.open("/security")
    failed = page.locator("section", has=page.get_by_role("heading", name="Where you are"))
    expect(failed.get_by_role("alert")).to_contain_text("cannot be reached")

    visitor.context.unroute("**/api/auth/sessions")
    failed.get_by_role("button", name="Try again").press("Enter")

    expect(failed.get_by_text("This one")).to_be_visible()


def test_fresh_codes_make_the_old_ones_worthless_and_need_the_person(visit: Enter, newcomer: str):
    visitor = visit(newcomer)
    visitor.authenticator()
    page = visitor.open("/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("dialog").get_by_label("Name").press("Enter")
    first = keep_codes(visitor)

    page.get_by_role("button", name="Get new codes").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Get new codes").press("Enter")
    page.get_by_role("button", name="Use passkey").press("Enter")
    second = keep_codes(visitor)

    assert set(first).isdisjoint(second)


def test_whoever_has_not_proved_the_address_is_told_so_where_it_matters(visit: Enter, bank: Bank):
    email = f"{new_id().hex}@example.com"
    said = {"email": email, "password": PASSWORD, "full_name": "Una Proved"}
    assert httpx.post(f"{bank.url}/api/auth/register", json=said, timeout=30).status_code == 201
    visitor = visit(email)
    visitor.authenticator()
    page = visitor.open("/security")

    page.get_by_role("button", name="Add a passkey").press("Enter")
    page.get_by_role("dialog").get_by_label("Name").press("Enter")

    refused = page.get_by_role("dialog").get_by_role("alert")
    expect(refused).to_contain_text("Confirm your e-mail first")
    visitor.open("/profile")
    page.get_by_role("button", name="Send the link again").press("Enter")
    expect(page.get_by_text("A mail with a link is on its way").first).to_be_visible()
