"""Programs of others as they really come: authlib over HTTP, and a person before the page."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.test import Client

from apps.auth.models import OAuthClient, User
from apps.auth.services.oauth import clients
from apps.auth.tests.factories import PASSWORD
from vortex.clock import now

BACK: Final = "https://books.example/callback"
VERIFIER: Final = "a-verifier-of-more-than-forty-three-characters-0123456789"
SCOPES: Final = ("openid", "profile", "email", "accounts:read")
AUTHORIZE: Final = "/api/auth/oauth/authorize"


def transport() -> httpx.MockTransport:
    """Return the bank as a server that httpx reaches, in this process."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in {"content-type", "content-length"}
        }
        found = Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.content,
            content_type=request.headers.get("content-type", ""),
            headers={**headers, "host": "localhost"},
        )
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    return httpx.MockTransport(answer)


@dataclass
class Program:
    """A program that was registered, and what it knows."""

    client: OAuthClient
    secret: str
    sent: dict[str, str] = field(default_factory=dict)

    def library(self) -> OAuth2Client:
        """Return authlib's client of this program."""
        return OAuth2Client(
            client_id=self.client.client_id,
            client_secret=self.secret or None,
            token_endpoint_auth_method="client_secret_basic" if self.secret else "none",
            redirect_uri=BACK,
            scope=" ".join(self.client.scopes),
            code_challenge_method="S256",
            transport=transport(),
        )

    def address(self, **changes: Any) -> str:
        """Return the address of the page of consent, as a program that means well asks."""
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": BACK,
            "scope": " ".join(self.client.scopes),
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{AUTHORIZE}?{urlencode({k: v for k, v in asked.items() if v is not None})}"

    def exchange(self, code: str, **changes: Any) -> Any:
        """Exchange a code at the token endpoint; the answer is Django's."""
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": self.client.client_id,
            "client_secret": self.secret,
            **changes,
        }
        return form("/api/auth/oauth/token", body)

    def refresh(self, token: str, **changes: Any) -> Any:
        """Refresh at the token endpoint."""
        body = {
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": self.client.client_id,
            "client_secret": self.secret,
            **changes,
        }
        return form("/api/auth/oauth/token", body)

    def tokens_of(self, user: User) -> dict[str, Any]:
        """Return the tokens that a person's yes gives."""
        answer = self.exchange(code_of(agreed(user, self.address())))
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found


def form(path: str, body: dict[str, Any]) -> Any:
    """Post a form; what is None is left out."""
    sent = urlencode({name: value for name, value in body.items() if value is not None})
    return Client().post(path, sent, content_type="application/x-www-form-urlencoded")


def a_program(**told: Any) -> Program:
    """Register a program; name only what the test is about."""
    client, secret = clients.register(
        name=told.pop("name", "Books"),
        redirect_uris=told.pop("redirect_uris", (BACK,)),
        scopes=told.pop("scopes", SCOPES),
        confidential=told.pop("confidential", True),
        now=now(),
        **told,
    )
    return Program(client, secret)


def signed_in(user: User, address: str) -> Client:
    """Return a browser that shows the question to its owner, by the password."""
    browser = Client()
    browser.post(address, {"step": "password", "email": user.email, "password": PASSWORD})
    return browser


def agreed(user: User, address: str) -> str:
    """Return where the browser of a person who says yes is sent."""
    answer = signed_in(user, address).post(address, {"step": "allow"})
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def code_of(location: str) -> str:
    """Return the code in an address."""
    return parse_qs(urlsplit(location).query)["code"][0]
