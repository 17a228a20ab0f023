"""Signing in and out, registering and resetting, as people do it: at a keyboard, with mistakes."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.dashboard.tests.browsing import PASSWORD, Visitor
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.mailbox import mailed_code, mailed_link
from tests.bank import Bank
from vortex.clock import now
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
CUSTOMER = "customer1@example.com"


def test_somebody_signs_in_by_keyboard_and_stays_signed_in(visit: Enter):
    visitor = visit()
    visitor.open("/transactions?direction=in")  # asked to sign in first

    visitor.tab_to("E-mail")
    visitor.page.keyboard.type(CUSTOMER)
    visitor.tab_to("Password")
    visitor.page.keyboard.type(PASSWORD)
    visitor.press("Enter")
    visitor.page.wait_for_url("**/transactions?direction=in")
    visitor.settled()
    visitor.page.reload()
    visitor.settled()

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Transactions")
    assert visitor.page.evaluate("document.cookie") == ""
    assert visitor.page.evaluate("Object.values(localStorage).join().length") < 40


def test_signing_in_leads_to_nobody_elses_page(visit: Enter):
    for elsewhere in (
        "//example.org/",
        "/%5Cexample.org",
        "https://example.org",
        "javascript:alert(1)",
    ):
        visitor = visit()
        page = visitor.open(f"/sign-in?next={elsewhere}")

        page.get_by_label("E-mail").fill(CUSTOMER)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.press("Enter")

        expect(page.get_by_role("heading", level=1)).to_contain_text("Clara")


def test_a_wrong_password_is_said_and_the_address_is_kept(visit: Enter):
    visitor = visit()
    page = visitor.open("/sign-in")

    page.get_by_label("E-mail").fill(CUSTOMER)
    page.get_by_label("Password", exact=True).fill("not this one, surely")
    visitor.press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value(CUSTOMER)
    page.get_by_label("Password", exact=True).fill("")
    visitor.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_text("Enter your password.")).to_be_visible()


def test_a_passkey_comes_first(visit: Enter, newcomer: str):
    visitor = visit()
    touch = {"authenticatorId": visitor.authenticator(), "enabled": False}
    _make_passkey(visitor, newcomer)
    # Else the browser's own suggestion would be taken up before anybody presses anything.
    visitor.wire.send("WebAuthn.setAutomaticPresenceSimulation", touch)
    page = visitor.open("/sign-in")

    visitor.tab_to("Sign in with a passkey")
    visitor.wire.send("WebAuthn.setAutomaticPresenceSimulation", {**touch, "enabled": True})
    visitor.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora")


def test_a_second_factor_is_asked_for_and_a_recovery_code_serves_too(
    visit: Enter, bank: Bank, newcomer: str
):
    secret, codes = _make_totp(bank, newcomer)
    visitor = visit()
    page = _password(visitor, newcomer)

    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    page.get_by_label("Six-digit code").fill("000000")
    visitor.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Six-digit code").fill(code_at(secret, now().timestamp()))
    visitor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora")

    another = visit()
    page = _password(another, newcomer)
    page.get_by_role("button", name="Recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    another.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora")


def test_a_newcomer_registers_confirms_the_address_and_is_told_what_to_do_first(
    visit: Enter, bank: Bank
):
    visitor = visit()
    page = visitor.open("/register")
    email = f"vera{time.monotonic_ns()}@example.com"

    page.get_by_label("Full name").fill("Vera <b>Newcomer</b>")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill("short")
    visitor.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    visitor.open(mailed_link(bank, email, "/verify-email"))
    expect(page.get_by_text("Your address is confirmed")).to_be_visible()
    assert "token" not in page.url
    _password(visitor, email)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Vera")
    page.get_by_role("button", name="Open an account").click()
    page.get_by_role("dialog").get_by_label("Name").fill("<script>alert(1)</script>")
    page.get_by_role("dialog").get_by_role("button", name="Open account").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("<script>alert(1)</script>")
    visitor.open("/")
    expect(page.locator(".account-card")).to_have_count(1)


def test_somebody_registers_without_a_password_and_enters_by_a_mailed_code(
    visit: Enter, bank: Bank
):
    visitor = visit()
    page = visitor.open("/register")
    email = f"{new_id().hex}@example.net"
    page.get_by_label("Full name").fill("Wanda Wordless")
    page.get_by_label("E-mail").fill(email)

    page.get_by_role("button", name="Register without a password").press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    visitor.open(mailed_link(bank, email, "/verify-email"))
    expect(page.get_by_text("Your address is confirmed")).to_be_visible()
    visitor.open("/sign-in/code")
    page.get_by_label("E-mail").fill(email)
    visitor.press("Enter")
    page.get_by_label("Code").fill(mailed_code(bank, email))
    visitor.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Wanda")


def test_a_forgotten_password_is_set_anew_by_mail(visit: Enter, bank: Bank, newcomer: str):
    visitor = visit()
    page = visitor.open("/reset-password")

    page.get_by_label("E-mail").fill(newcomer)
    visitor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    visitor.open(mailed_link(bank, newcomer, "/reset-password"))
    page.get_by_label("New password").fill("another long password 7")
    visitor.press("Enter")
    expect(page.get_by_text("Your password is set")).to_be_visible()
    _password(visitor, newcomer, "another long password 7")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora")


def test_signing_out_in_one_tab_signs_out_the_other(visit: Enter):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")
    other = visitor.context.new_page()
    other.goto(f"{visitor.address}/transactions")
    expect(other.get_by_role("heading", level=1)).to_have_text("Transactions")

    page.get_by_role("button", name="Sign out").first.click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.goto(f"{visitor.address}/transactions")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_session_that_is_ended_elsewhere_ends_here_at_once(visit: Enter, bank: Bank):
    visitor = visit(CUSTOMER)
    page = visitor.open("/")
    page.wait_for_function("() => document.documentElement.dataset.link === 'live'")

    with bank.client(CUSTOMER) as elsewhere:
        assert elsewhere.post("/api/auth/logout-others").status_code == 204

    expect(page.get_by_text("Your session has ended.")).to_be_visible(timeout=30_000)


def _password(visitor: Visitor, email: str, password: str = PASSWORD) -> Any:
    page = visitor.open("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    visitor.press("Enter")
    page.wait_for_function("() => !document.querySelector('input[type=password]')")
    return page


def _make_totp(bank: Bank, email: str) -> tuple[str, list[str]]:
    with bank.client(email) as client:
        secret = client.post("/api/auth/mfa/totp/enroll").json()["secret"]
        # The code of the half minute before: the one that is shown now is good for signing in yet.
        said = {"code": code_at(secret, now().timestamp() - 30)}
        return secret, client.post("/api/auth/mfa/totp/confirm", json=said).json()["recovery_codes"]


def _make_passkey(visitor: Visitor, email: str) -> None:
    visitor.open("/register")  # of an answer of the API, the policy would let no script ask
    made = visitor.page.evaluate(
        """async ([email, password]) => {
          const call = async (path, body, token) => (await fetch(path, {method: "POST",
            headers: {"Content-Type": "application/json", ...(token && {Authorization: token})},
            body: JSON.stringify(body)})).json();
          const token = "Bearer " + (await call("/api/auth/login", {email, password})).access;
          const asked = await call("/api/auth/webauthn/register/options", {}, token);
          const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.public_key);
          const made = await navigator.credentials.create({publicKey});
          const body = {challenge: asked.challenge, credential: made.toJSON(), name: "Test"};
          return call("/api/auth/webauthn/register/verify", body, token);
        }""",
        [email, PASSWORD],
    )
    assert made.get("name") == "Test", made


def code_at(secret: str, at: float) -> str:
    """Return what an authenticator app shows at a moment (RFC 6238)."""
    counter = struct.pack(">Q", int(at) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
