"""Passkeys in a real browser: Chromium with an authenticator of its own, honest and not."""

import shutil
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, sync_playwright

from apps.auth.models import Passkey, User
from apps.auth.tests.factories import OWN, PASSWORD, sign_in
from apps.auth.tests.programs import a_program, code_of
from vortex import identity

CHROMIUM: Final = shutil.which("chromium")

pytestmark = [
    pytest.mark.django_db(databases=[OWN], transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt install chromium"),
    pytest.mark.timeout(120),
]

_CALLS: Final = """
window.call = async (path, token, body) => {
  const answer = await fetch(path, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', ...(token && {Authorization: 'Bearer ' + token})},
    body: JSON.stringify(body || {}),
  });
  return {status: answer.status, body: await answer.json()};
};
window.register = async (token) => {
  const asked = (await call('/api/auth/webauthn/register/options', token)).body;
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(asked.public_key);
  try {
    const made = await navigator.credentials.create({publicKey: options});
    const body = {challenge: asked.challenge, credential: made.toJSON(), name: 'Chromium'};
    return await call('/api/auth/webauthn/register/verify', token, body);
  } catch (error) { return {status: 0, body: error.name}; }
};
window.enter = async () => {
  const asked = (await call('/api/auth/webauthn/login/options')).body;
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(asked.public_key);
  try {
    const found = await navigator.credentials.get({publicKey: options});
    window.said = {challenge: asked.challenge, credential: found.toJSON()};
    return await call('/api/auth/webauthn/login/verify', null, window.said);
  } catch (error) { return {status: 0, body: error.name}; }
};
0
"""


class Browser:
    """A page of the bank, and the wire to its authenticator."""

    def __init__(self, page: Page, wire: CDPSession) -> None:
        self.page = page
        self.wire = wire
        self.wire.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.authenticator = made["authenticatorId"]

    def run(self, script: str, argument: Any = None) -> Any:
        """Run a script in the page and return what it returns."""
        return self.page.evaluate(script, argument)

    def verify_user(self, *, verified: bool) -> None:
        """Let the finger be recognised from now on, or not."""
        said = {"authenticatorId": self.authenticator, "isUserVerified": verified}
        self.wire.send("WebAuthn.setUserVerified", said)


@pytest.fixture
def tokens(ada: User) -> str:
    """Ada's own access token."""
    return sign_in(ada).access


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium for all of these tests; each has a profile and an authenticator of its own."""
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        # Playwright keeps a loop in this thread, which Django takes for asynchronous code.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Chromium, tokens: str, live_server, settings) -> Iterator[Browser]:
    """A profile of Chromium, on a page of the bank."""
    settings.VORTEX_ORIGINS = (live_server.url,)
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{live_server.url}/health/live")
    page.evaluate(_CALLS)
    yield Browser(page, context.new_cdp_session(page))
    context.close()


def test_a_platform_authenticator_registers_once_and_signs_in(
    browser: Browser, tokens: str, ada: User
):
    made = browser.run("token => register(token)", tokens)
    entered = browser.run("() => enter()")

    assert made["status"] == 201, made
    assert entered["status"] == 200, entered
    principal = identity.verify(entered["body"]["access"])
    assert (principal.user_id, "mfa" in principal.amr) == (ada.pk, True)
    assert Passkey.objects.get().sign_count > 0

    again = browser.run("token => register(token)", entered["body"]["access"])
    assert (again["status"], again["body"]) == (0, "InvalidStateError")
    replayed = browser.run("() => call('/api/auth/webauthn/login/verify', null, window.said)")
    assert (replayed["status"], replayed["body"]["code"]) == (401, "wrong_answer")


def test_whoever_is_not_recognised_does_not_get_in(browser: Browser, tokens: str):
    assert browser.run("token => register(token)", tokens)["status"] == 201
    browser.verify_user(verified=False)

    refused = browser.run("() => enter()")

    assert (refused["status"], refused["body"]) == (0, "NotAllowedError")


def test_a_page_of_another_origin_gets_nothing_accepted(browser: Browser, tokens: str, settings):
    settings.VORTEX_ORIGINS = ("https://bank.example",)

    refused = browser.run("token => register(token)", tokens)

    assert (refused["status"], refused["body"]["code"]) == (401, "wrong_answer")
    assert not Passkey.objects.exists()


def test_a_person_lets_a_program_in_by_passkey_under_the_pages_own_policy(
    browser: Browser, chromium: Chromium, tokens: str, ada: User, live_server
):
    assert browser.run("token => register(token)", tokens)["status"] == 201
    back = f"{live_server.url.replace('localhost', '127.0.0.1')}/health/live"
    program = a_program(redirect_uris=(back,), confidential=False)
    strict = chromium.new_context()
    page = strict.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    strict_page = Browser(page, strict.new_cdp_session(page))
    for found in browser.wire.send(
        "WebAuthn.getCredentials", {"authenticatorId": browser.authenticator}
    )["credentials"]:
        strict_page.wire.send(
            "WebAuthn.addCredential",
            {"authenticatorId": strict_page.authenticator, "credential": found},
        )

    page.goto(live_server.url + program.address(redirect_uri=back))
    page.fill("#email", ada.email)
    page.fill("#password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.click("text=Use a passkey")
    page.click("text=Allow >> nth=0")
    page.wait_for_url(f"{back}*")

    assert (
        program.exchange(code_of(page.url), redirect_uri=back, client_secret=None).status_code
        == 200
    )
    assert complaints == []
    strict.close()
