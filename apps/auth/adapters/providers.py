"""Other providers of identities on the wire: OpenID Connect by discovery, code, PKCE and nonce."""

import hmac
import threading
import time
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec
from django.conf import settings

from apps.auth.adapters import outward
from apps.auth.domain.external import ALGORITHMS, LONGEST_AGE, Claimed, Provider

_FRESH_SECONDS: Final = 600.0
_PAUSE_SECONDS: Final = 5.0
_LEEWAY_SECONDS: Final = 5
_REQUIRED: Final = ["iss", "aud", "sub", "exp", "iat", "nonce"]
_LONGEST_SUBJECT: Final = 255


class NotBelievedError(RuntimeError):
    """The provider's answer is not one, or not for us, or not to this question."""


def known() -> tuple[Provider, ...]:
    """Return the providers that the operator has named."""
    return tuple(Provider(**one) for one in settings.VORTEX_IDENTITY_PROVIDERS)


def authorization_url(
    provider: Provider, *, state: str, nonce: str, challenge: str, redirect_uri: str
) -> str:
    """Return where the browser goes to ask."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = _memory(provider).endpoint("authorization_endpoint")
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"


def claimed(
    provider: Provider, *, code: str, verifier: str, nonce: str, redirect_uri: str, now: datetime
) -> Claimed:
    """Exchange a code and return whom the provider says somebody is, or raise NotBelievedError."""
    memory = _memory(provider)
    try:
        answer = outward.ask(
            "POST",
            memory.endpoint("token_endpoint"),
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
                "client_id": provider.client_id,
                "client_secret": provider.client_secret,
            },
        )
    except outward.UnreachableError as error:
        raise NotBelievedError from error
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise NotBelievedError
    return _read(provider, _verified(memory, token), nonce, now)


def _verified(memory: "_Memory", token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        key = memory.key(str(header.get("kid", "")))
        if header.get("alg") not in ALGORITHMS or key.algorithm_name != header["alg"]:
            raise NotBelievedError
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=memory.provider.client_id,
            issuer=memory.provider.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except (jwt.InvalidTokenError, jwt.PyJWKError, ValueError) as error:
        raise NotBelievedError from error


def _read(provider: Provider, claims: dict[str, Any], nonce: str, now: datetime) -> Claimed:
    same_nonce = hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode())
    old = now.timestamp() - float(claims["iat"]) > LONGEST_AGE.total_seconds()
    another = claims.get("azp", provider.client_id) != provider.client_id
    subject = str(claims["sub"])
    if not same_nonce or old or another or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise NotBelievedError
    verified = claims.get("email_verified") is True  # the text "true" is not enough
    return Claimed(
        subject=subject,
        email=str(claims.get("email", "")) if verified else "",
        full_name=str(claims.get("name", "")),
    )


class _Memory:
    """What a provider says of itself, kept for a while; its keys again when one is unknown."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}
        self._keys: dict[str, jwt.PyJWK] = {}
        self._told_at = self._keys_at = -_FRESH_SECONDS

    def endpoint(self, name: str) -> str:
        """Return an address of the provider, from its discovery document."""
        with self._lock:
            if time.monotonic() - self._told_at > _FRESH_SECONDS:
                where = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                told = _asked(where)
                if told.get("issuer") != self.provider.issuer:
                    raise NotBelievedError
                self._told, self._told_at = told, time.monotonic()
            return str(self._told.get(name, ""))

    def key(self, kid: str) -> jwt.PyJWK:
        """Return the key of that id; an unknown one is asked for, not more than now and then."""
        where = self.endpoint("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._keys_at
            if age > _FRESH_SECONDS or (kid not in self._keys and age > _PAUSE_SECONDS):
                self._keys, self._keys_at = _keys_in(_asked(where)), time.monotonic()
            found = self._keys.get(kid)
        if found is None:
            raise NotBelievedError
        return found


def _asked(url: str) -> dict[str, Any]:
    try:
        return outward.ask("GET", url)
    except outward.UnreachableError as error:
        raise NotBelievedError from error


def _keys_in(told: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    found: dict[str, jwt.PyJWK] = {}
    for one in told.get("keys") or []:
        try:
            key = jwt.PyJWK(one)
        except (jwt.PyJWKError, TypeError, AttributeError):
            continue
        if key.key_id and key.algorithm_name in ALGORITHMS and one.get("use", "sig") == "sig":
            found[str(key.key_id)] = key
    return found


def _memory(provider: Provider) -> _Memory:
    return _memories(msgspec.json.encode(vars(provider)))


@cache
def _memories(encoded: bytes) -> _Memory:
    return _Memory(Provider(**msgspec.json.decode(encoded)))


def forget() -> None:
    """Forget what providers said of themselves."""
    _memories.cache_clear()
