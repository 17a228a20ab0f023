"""What programs of others may be let do, and where their browsers may be sent back to."""

import re
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from apps.auth.domain.permissions import SCOPES
from vortex.errors import Invalid

OPENID: Final = "openid"
PROFILE: Final = "profile"
EMAIL: Final = "email"
IDENTITY_SCOPES: Final = (OPENID, PROFILE, EMAIL)
GRANTABLE: Final = (*IDENTITY_SCOPES, *SCOPES)

# A code is exchanged by a program, in the moment it arrives.
CODE_LIFETIME: Final = timedelta(seconds=60)
# Long enough to sign in with a second factor and to read what is asked.
PUSHED_LIFETIME: Final = timedelta(minutes=10)
# A person walks from the television to the telephone and signs in there.
DEVICE_LIFETIME: Final = timedelta(minutes=10)
DEVICE_INTERVAL_SECONDS: Final = 5
# Eight letters that nobody confuses, without vowels, so that they spell nothing (RFC 8628, 6.1).
USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH: Final = 8
# S256 of 32 bytes, without padding; `plain` is none.
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_NONCE: Final = 255

_MEANING: Final = {
    OPENID: "Know that it is you, by a number that stands for you",
    PROFILE: "See your name",
    EMAIL: "See your e-mail address",
    "accounts:read": "See your accounts and balances",
    "accounts:write": "Open accounts, and change or close yours",
    "transactions:read": "See what was paid from and to your accounts",
    "transactions:write": "Move money from your accounts",
    "payments:read": "See your payments and payees",
    "payments:write": "Make payments from your accounts",
    "analytics:read": "See figures about your spending",
    "analytics:write": "Change how your spending is sorted",
    "ai:read": "See insights about your money",
    "ai:write": "Ask for insights about your money",
    "notifications:read": "Read your notifications",
    "notifications:write": "Change which notifications you get",
}
_LOOPBACK: Final = {"127.0.0.1", "::1"}
_LONGEST_URI: Final = 500
_NATIVE: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")


class InvalidRedirectUri(Invalid, code="invalid_redirect_uri", title="Address not accepted"):
    """A program is called back at https, at a loopback address, or under a reversed domain name."""


class UnknownScope(Invalid, code="unknown_scope", title="Unknown scope"):
    """There is no such scope that a program could be given; `known` lists them."""


def typed_user_code(text: str) -> str:
    """Return a user code as it is kept, whatever its case, hyphens and spaces."""
    return "".join(letter for letter in text.upper() if letter in USER_CODE_LETTERS)


def shown_user_code(code: str) -> str:
    """Return a user code as people read it: WDJB-MJHT."""
    half = USER_CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def meaning_of(scope: str) -> str:
    """Return what a scope lets a program do, in words for its owner."""
    return _MEANING[scope]


def checked_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return scopes in one order and without repetition, or refuse one that there is not."""
    if not scopes or not set(scopes) <= set(GRANTABLE):
        raise UnknownScope(known=list(GRANTABLE))
    return tuple(scope for scope in GRANTABLE if scope in scopes)


def checked_redirect_uri(text: str) -> str:
    """Return an address that a browser may be sent back to, or refuse it.

    It is compared letter by letter later, so nothing in it stands for anything else.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidRedirectUri from None
    unclear = len(text) > _LONGEST_URI or "#" in text or "*" in text or not text.isascii()
    if unclear or any(character.isspace() or character == "\\" for character in text):
        raise InvalidRedirectUri
    if parts.username or parts.password or "/../" in f"{parts.path}/":
        raise InvalidRedirectUri
    secure = parts.scheme == "https" and bool(host)
    loopback = parts.scheme == "http" and host in _LOOPBACK
    native = bool(_NATIVE.fullmatch(parts.scheme)) and not host
    if not (secure or loopback or native):
        raise InvalidRedirectUri
    return text
