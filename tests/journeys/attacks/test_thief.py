"""What a thief tries at the front door of a running bank, over HTTP alone."""

import base64
import statistics
import time
from collections.abc import Iterator

import httpx
import jwt
import msgspec
import pytest

from tests.bank import PASSWORD, Bank, place
from vortex.ids import new_id

VICTIM = "customer1@example.com"
_SAMPLES = 12
# Links by mail, per address and hour: ten, times the scale of this bank, and those that refill.
_MORE_THAN_ALLOWED = 260


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    """A bank of its own, whose limits are high enough to measure and low enough to run into."""
    with place() as directory:
        running = Bank(directory / "home")
        running.open(VORTEX_RATE_LIMIT_SCALE="20")
        try:
            yield running
        finally:
            running.close()


@pytest.fixture
def thief(bank: Bank) -> Iterator[httpx.Client]:
    """Somebody whom nobody knows."""
    with bank.client() as client:
        yield client


def login(thief: httpx.Client, email: str, password: str) -> httpx.Response:
    return thief.post("/api/auth/login", json={"email": email, "password": password})


def seconds_of(thief: httpx.Client, email: str) -> float:
    begun = time.perf_counter()
    assert login(thief, email, "not the password at all").status_code == 401
    return time.perf_counter() - begun


def test_neither_words_nor_time_tell_who_is_registered(thief: httpx.Client) -> None:
    stranger = f"{new_id().hex}@example.com"
    seen = [login(thief, email, "x" * 20).json() for email in (VICTIM, stranger)]
    for answer in seen:
        answer.pop("trace_id")
    assert seen[0] == seen[1]

    known, unknown = [], []
    for _ in range(_SAMPLES):  # by turns, so that what slows the machine slows both
        known.append(seconds_of(thief, VICTIM))
        unknown.append(seconds_of(thief, stranger))

    spread = max(statistics.stdev(known), statistics.stdev(unknown), 0.01)
    assert abs(statistics.median(known) - statistics.median(unknown)) < 2 * spread


def test_no_forged_token_opens_the_bank(bank: Bank, thief: httpx.Client) -> None:
    own = login(thief, VICTIM, PASSWORD).json()
    head, body, signature = own["access"].split(".")
    claims = jwt.decode(own["access"], options={"verify_signature": False})
    public = msgspec.json.decode(thief.get("/.well-known/jwks.json").content)["keys"][0]
    raw = base64.urlsafe_b64decode(public["x"] + "==")
    promoted = _part({**claims, "roles": ["administrator"]})
    kid = {"kid": public["kid"]}
    forgeries = [
        jwt.encode(claims, "", algorithm="none", headers=kid),
        jwt.encode(claims, raw, algorithm="HS256", headers=kid),
        f"{head}.{promoted}.{signature}",
        f"{head}.{body}.",
        own["refresh"],
        _part({"alg": "EdDSA", "kid": public["kid"], "jwk": public}) + f".{promoted}.{signature}",
    ]

    for forgery in forgeries:
        answer = thief.get("/api/auth/user/profile", headers={"Authorization": f"Bearer {forgery}"})
        assert answer.status_code == 401, forgery


def test_a_stolen_refresh_token_is_worth_nothing_once_its_owner_went_on(
    thief: httpx.Client,
) -> None:
    own = login(thief, VICTIM, PASSWORD).json()
    stolen = own["refresh"]
    first = thief.post("/api/auth/refresh", json={"refresh": stolen}).json()
    second = thief.post("/api/auth/refresh", json={"refresh": first["refresh"]}).json()

    replayed = thief.post("/api/auth/refresh", json={"refresh": stolen})

    assert replayed.status_code == 401
    for access in (own["access"], first["access"], second["access"]):
        answer = thief.get("/api/auth/user/profile", headers={"Authorization": f"Bearer {access}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_revoked")


def test_nobody_makes_themselves_staff(thief: httpx.Client) -> None:
    email = f"{new_id().hex}@example.com"
    gifts = {"roles": ["administrator"], "is_staff": True, "is_superuser": True, "is_active": True}
    body = {"email": email, "password": "correct horse battery", "full_name": "Eve", **gifts}
    assert thief.post("/api/auth/register", json=body).status_code in {201, 422}
    access = login(thief, email, "correct horse battery").json()["access"]
    bearer = {"Authorization": f"Bearer {access}"}

    profile = thief.patch(
        "/api/auth/user/profile", json={"full_name": "Eve", **gifts}, headers=bearer
    ).json()

    assert profile["roles"] == ["customer"]
    assert thief.get("/api/auth/roles", headers=bearer).status_code == 403


@pytest.mark.parametrize("email", ["customer1@exаmple.com", "сustomer1@example.com"])
def test_a_look_alike_is_not_the_victim(thief: httpx.Client, email: str) -> None:
    assert login(thief, email, PASSWORD).status_code == 401
    body = {"email": email, "password": "correct horse battery", "full_name": "Eve"}
    assert thief.post("/api/auth/register", json=body).status_code == 422


@pytest.mark.parametrize("password", ["x" * 10_240, "a\x00b" * 5, "\ud83d" * 3 + "x" * 12])
def test_a_password_that_is_no_text_costs_the_bank_nothing(
    thief: httpx.Client, password: str
) -> None:
    body = msgspec.json.encode({"email": VICTIM}) if "\ud83d" in password else b""
    if body:  # half a surrogate pair exists in JSON only as an escape
        body = body[:-1] + b',"password":"\\ud83d\\ud83dxxxxxxxxxxxx"}'
        answer = thief.post(
            "/api/auth/login", content=body, headers={"Content-Type": "application/json"}
        )
    else:
        answer = login(thief, VICTIM, password)

    assert answer.status_code in {400, 401, 422}


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(thief: httpx.Client, target: str) -> None:
    page = thief.get("/admin/login/", params={"next": target})
    assert page.status_code == 200
    sent = thief.post(
        "/admin/login/",
        params={"next": target},
        data={
            "username": "staff@example.com",
            "password": PASSWORD,
            "csrfmiddlewaretoken": thief.cookies["csrftoken"],
        },
    )

    assert sent.headers["Location"] == "/admin/second-factor/"
    assert thief.get("/admin/").status_code == 302


def test_the_links_of_mails_are_guessed_by_nobody(thief: httpx.Client) -> None:
    for path in ("password/reset", "email/verify", "email/undo"):
        body = {"token": "A" * 43, "password": "correct horse battery"}
        assert thief.post(f"/api/auth/{path}", json=body).json()["code"] == "link_not_valid"


def test_a_code_by_mail_is_guessed_by_nobody_and_tells_nothing(thief: httpx.Client) -> None:
    answers = [
        thief.post("/api/auth/login/code", json={"email": email})
        for email in (VICTIM, "nobody@example.com")
    ]
    assert [one.status_code for one in answers] == [202, 202]
    assert {len(one.content) for one in answers} == {len(answers[0].content)}

    for one in answers:
        challenge = one.json()["challenge"]
        for guess in range(6):
            body = {"challenge": challenge, "code": f"{guess:08d}"}
            refused = thief.post("/api/auth/login/code/verify", json=body)
            assert refused.json()["code"] == "wrong_answer"


def test_the_page_of_consent_sends_nobody_to_a_thief(thief: httpx.Client) -> None:
    asked = {
        "response_type": "code",
        "client_id": str(new_id()),
        "redirect_uri": "https://thief.example/callback",
        "scope": "openid",
        "state": "x",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeGgl9NYN4kAfUUUHq4M",
        "code_challenge_method": "S256",
    }

    page = thief.get("/api/auth/oauth/authorize", params=asked)
    token = thief.post(
        "/api/auth/oauth/token",
        data={"grant_type": "authorization_code", "code": "x", "client_id": asked["client_id"]},
    )

    assert (page.status_code, "Location" in page.headers) == (400, False)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert (token.status_code, token.json()["error"]) == (401, "invalid_client")


def test_a_page_of_another_site_refreshes_nothing_by_the_victims_cookie(
    thief: httpx.Client,
) -> None:
    page = {"X-Token-Transport": "cookie"}
    body = {"email": VICTIM, "password": PASSWORD}
    entered = thief.post("/api/auth/login", json=body, headers=page)
    assert (entered.json()["refresh"], "HttpOnly" in entered.headers["Set-Cookie"]) == ("", True)

    form = thief.post("/api/auth/refresh", json={})
    other = thief.post(
        "/api/auth/refresh", json={}, headers={**page, "Sec-Fetch-Site": "cross-site"}
    )

    assert (form.status_code, other.status_code) == (401, 403)
    assert thief.post("/api/auth/refresh", json={}, headers=page).status_code == 200


def test_a_key_that_may_read_moves_no_money_at_any_door(thief: httpx.Client) -> None:
    access = login(thief, VICTIM, PASSWORD).json()["access"]
    bearer = {"Authorization": f"Bearer {access}"}
    wanted = {"name": "Reads", "scopes": ["accounts:read"], "expires_in_days": 1}
    key = thief.post("/api/auth/api-keys", json=wanted, headers=bearer).json()["key"]
    token = thief.post("/api/auth/api-keys/token", json={"key": key}).json()["access"]
    held = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id().hex}
    accounts = thief.get("/api/accounts", headers=held).json()["items"]
    transfer = {
        "source_account_id": accounts[0]["id"],
        "target_account_id": accounts[-1]["id"],
        "amount": {"amount": "0.01", "currency": "EUR"},
    }

    for path in ("/api/transactions", "/api/v1/transactions"):
        refused = thief.post(path, json=transfer, headers=held)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert thief.get("/api/auth/user/profile", headers=held).status_code == 403


def test_nobody_looks_as_another_or_does_to_others_what_staff_do(thief: httpx.Client) -> None:
    access = login(thief, "customer2@example.com", PASSWORD).json()["access"]
    bearer = {"Authorization": f"Bearer {access}"}
    someone = new_id()
    why = {"reason": "because"}
    asks = {"user_id": str(someone), "reason": "because", "minutes": 5}

    for path, body in (
        ("/api/auth/impersonations", asks),
        (f"/api/auth/users/{someone}/suspend", why),
        (f"/api/auth/users/{someone}/unlock", why),
        (f"/api/auth/users/{someone}/factor-resets", {"proof": "video", "note": "x"}),
        (f"/api/auth/impersonations/{someone}/token", {}),
    ):
        assert thief.post(path, json=body, headers=bearer).status_code == 403, path
    assert (
        thief.post(f"/api/auth/impersonations/{someone}/approve", headers=bearer).status_code == 404
    )


def test_no_answer_of_another_provider_is_made_up(thief: httpx.Client) -> None:
    body = {"code": "x", "state": "y"}

    assert thief.post("/api/auth/external/callback", json=body).status_code == 401
    assert thief.post("/api/auth/external/nobody/start").status_code == 404


def test_a_spoofed_address_does_not_buy_new_attempts(bank: Bank) -> None:
    statuses: list[int] = []
    with bank.client() as client:
        while 429 not in statuses and len(statuses) < _MORE_THAN_ALLOWED:
            answer = client.post(
                "/api/auth/password/forgot",
                json={"email": "nobody at all"},
                headers={"X-Forwarded-For": f"198.51.100.{len(statuses) % 250}"},
            )
            statuses.append(answer.status_code)

    assert statuses[-1] == 429


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()
