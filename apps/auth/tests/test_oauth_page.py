"""The page of consent: who is there, what is asked, and nobody sent where they should not be."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.auth.adapters import totp
from apps.auth.domain.oauth import InvalidRedirectUri, UnknownScope
from apps.auth.models import AuthenticatorApp, AuthorizationCode, OAuthClient, User
from apps.auth.services import factors, sessions
from apps.auth.tests.factories import OWN, PASSWORD, a_user, reactivated
from apps.auth.tests.programs import BACK, a_program, agreed, code_of, signed_in
from vortex.clock import now

pytestmark = pytest.mark.django_db(databases=[OWN])


def answer_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.mark.asvs("V10.7.1", "V10.7.2")
def test_a_person_reads_who_asks_for_what_before_they_say_yes(ada: User):
    program = a_program(scopes=("openid", "payments:write"), name="<b>Books</b>")
    before = Client().get(program.address())

    shown = signed_in(ada, program.address()).get(program.address())

    assert b"Make payments" not in before.content
    text = shown.content.decode()
    assert "Make payments from your accounts" in text
    assert "&lt;b&gt;Books&lt;/b&gt;" in text
    assert "books.example" in text
    assert ada.email in text
    assert not AuthorizationCode.objects.exists()


def test_the_page_runs_nothing_of_others_and_stands_in_no_frame(ada: User):
    program = a_program()

    shown = signed_in(ada, program.address()).get(program.address())

    policy = shown["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert f"form-action 'self' https://{urlsplit(BACK).netloc};" in policy
    assert (shown["X-Frame-Options"], shown["Referrer-Policy"]) == ("DENY", "same-origin")
    assert "no-store" in shown["Cache-Control"]
    text = shown.content.decode()
    assert "style=" not in text
    assert "onclick" not in text
    assert '<html lang="en">' in text


def test_every_field_of_the_page_has_a_label(ada: User):
    text = Client().get(a_program().address()).content.decode()

    for name in ("email", "password"):
        assert f'<label for="{name}">' in text
        assert f'id="{name}"' in text
    assert 'autocomplete="current-password"' in text


def test_a_no_is_carried_back_and_gives_nothing(ada: User):
    program = a_program()

    answer = signed_in(ada, program.address()).post(program.address(), {"step": "deny"})

    told = answer_of(answer["Location"])
    assert (told["error"], told["state"]) == ("access_denied", "a state")
    assert not AuthorizationCode.objects.exists()


@pytest.mark.parametrize("step", ["allow", "deny", "second_factor", "anything"])
def test_nobody_says_yes_who_is_not_there(step):
    program = a_program()

    answer = Client().post(program.address(), {"step": step})

    assert answer.status_code in {302, 400}
    assert BACK not in answer.get("Location", "")
    assert not AuthorizationCode.objects.exists()


def test_a_yes_needs_the_token_of_the_page(ada: User):
    program = a_program()
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(
        program.address(), {"step": "password", "email": ada.email, "password": PASSWORD}
    )

    assert answer.status_code == 403


def test_who_has_a_second_factor_is_asked_for_it_here_too(ada: User):
    secret = totp.unsealed(_app_of(ada))
    program = a_program()
    browser = signed_in(ada, program.address())

    half = browser.post(program.address(), {"step": "allow"})
    page = browser.get(program.address())
    step = int(now().timestamp()) // totp.STEP_SECONDS + 1
    wrong = browser.post(program.address(), {"step": "second_factor", "code": "000000"})
    browser.post(program.address(), {"step": "second_factor", "code": totp.code_at(secret, step)})
    done = browser.post(program.address(), {"step": "allow"})

    assert "code=" not in half["Location"].partition("?")[0]
    assert urlsplit(half["Location"]).path == "/api/auth/oauth/authorize"
    assert b"Second factor" in page.content
    assert wrong.status_code == 400
    assert program.exchange(code_of(done["Location"])).status_code == 200
    assert AuthorizationCode.objects.get().amr == ["pwd", "otp", "mfa"]


def _app_of(user: User) -> bytes:
    factors.enroll_totp(user=user, now=now())
    [app] = AuthenticatorApp.objects.filter(user=user)
    secret = totp.unsealed(bytes(app.sealed_secret))
    step = int(now().timestamp()) // totp.STEP_SECONDS
    factors.confirm_totp(user=user, code=totp.code_at(secret, step), now=now())
    return bytes(app.sealed_secret)


def test_a_wrong_password_says_what_the_api_says(ada: User):
    program = a_program()

    answers = [
        Client().post(program.address(), {"step": "password", "email": email, "password": "x" * 20})
        for email in (ada.email, "nobody@example.com")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all(b"E-mail or password not right" in answer.content for answer in answers)


@pytest.mark.asvs("V7.6.1", "V7.6.2")
def test_the_person_proves_to_be_there_each_time(ada: User):
    program = a_program()
    browser = signed_in(ada, program.address())
    browser.post(program.address(), {"step": "allow"})

    again = browser.get(program.address())

    assert b"Sign in to go on" in again.content
    assert len(AuthorizationCode.objects.all()) == 1


def test_the_browser_of_before_is_another_one_afterwards(ada: User):
    program = a_program()
    browser = Client()
    browser.get(program.address())
    session = browser.session
    session["planted"] = True
    session.save()
    planted = str(session.session_key)

    browser.cookies["sessionid"] = planted
    browser.post(program.address(), {"step": "password", "email": ada.email, "password": PASSWORD})

    assert browser.session.session_key != planted
    victim = Client()
    victim.cookies["sessionid"] = planted
    assert b"Sign in to go on" in victim.get(program.address()).content


def test_a_yes_does_not_outlive_what_was_proved(ada: User, monkeypatch):
    program = a_program()
    late, gone = (signed_in(ada, program.address()) for _ in range(2))
    sessions.deactivate(user_id=ada.pk, now=now())

    assert b"Sign in to go on" in gone.get(program.address()).content

    reactivated(ada)
    monkeypatch.setattr("apps.auth.api.oauth_presence._PRESENT_FOR", timedelta(0))
    assert b"Sign in to go on" in late.get(program.address()).content


@pytest.mark.asvs("V10.4.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://thief.example/callback"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK + "?x=1"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": BACK + "/../other"},
        {"redirect_uri": "https://books.example@thief.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": None},
        {"client_id": "00000000-0000-7000-8000-000000000000"},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
    ids=lambda changes: str(next(iter(changes.values())))[-24:],
)
def test_nobody_is_sent_to_an_address_that_was_not_registered(changes):
    answer = Client().get(a_program().address(**changes))

    assert answer.status_code == 400
    assert "Location" not in answer


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid payments:write"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "eyJ"}, "invalid_request"),
        ({"nonce": "n" * 300}, "invalid_request"),
    ],
    ids=lambda case: str(case)[:48],
)
@pytest.mark.asvs("V10.4.4", "V10.4.6", "V10.4.12")
def test_what_is_not_done_here_is_refused_to_the_program(changes, error):
    answer = Client().get(a_program().address(**changes))

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{BACK}?")
    told = answer_of(answer["Location"])
    assert (told["error"], told["state"]) == (error, "a state")


@pytest.mark.parametrize("query", ["client_id=%zz", "client_id=\u00e9", "a=b;c={d}", "%00", "&&&"])
def test_an_address_that_cannot_be_read_is_no_error_of_the_bank(query):
    assert Client().get(f"/api/auth/oauth/authorize?{query}").status_code == 400


def test_a_parameter_that_comes_twice_is_refused():
    answer = Client().get(a_program().address() + "&redirect_uri=https%3A%2F%2Fthief.example")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "http://books.example/callback",
        "https://books.example/*",
        "https://books.example/#x",
        "https://user@books.example/",
        "https://books.example/a/../b",
        "https://b\u043eoks.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https:///nowhere",
        "//books.example",
        "https://books.example/ x",
        "",
    ],
)
def test_staff_cannot_register_an_address_that_is_not_clear(address):
    with pytest.raises(InvalidRedirectUri):
        a_program(redirect_uris=(address,))

    assert not OAuthClient.objects.exists()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8765/back", "http://[::1]/back", "org.example.books:/back"]
)
def test_a_program_on_a_phone_or_a_desk_is_called_back_there(ada: User, address):
    program = a_program(redirect_uris=(address,), confidential=False)

    location = agreed(ada, program.address(redirect_uri=address))

    assert location.startswith(address)


def test_no_program_is_given_what_there_is_not():
    for scopes in ((), ("auth:write",), ("openid", "root")):
        with pytest.raises(UnknownScope):
            a_program(scopes=scopes)


def test_a_stranger_who_signs_in_on_the_page_is_whoever_they_are(ada: User):
    bob = a_user()
    program = a_program()

    tokens = program.exchange(code_of(agreed(bob, program.address()))).json()

    assert tokens["scope"] == "openid profile email accounts:read"
    assert AuthorizationCode.objects.get().user_id == bob.pk
