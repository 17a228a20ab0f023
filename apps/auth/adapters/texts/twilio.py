"""A carrier that speaks Twilio's API (2010-04-01): Messages, form-encoded, JSON answers.

The API knows no idempotency key, so a text is posted once: where no answer comes it may have gone,
and whoever tries again sends another code. No error quotes an answer, which repeats the number.
"""

import re
import time
from datetime import timedelta
from functools import cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from apps.auth.adapters.texts.port import (
    CarrierMisconfiguredError,
    CarrierUnavailableError,
    NumberRefusedError,
)

T = TypeVar("T")
_TIMEOUT: Final = httpx.Timeout(5.0)
_MOST_BYTES: Final = 64 * 1024
_UNAVAILABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_MANY: Final = 20429
# No such number, not reachable, region not switched on, unsubscribed, no route, not a mobile one.
_NUMBER_REFUSED: Final = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614})
_ACCOUNT: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
_MESSAGE: Final = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
_LONGEST_WAIT_SECONDS: Final = 3600


class TwilioAt(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="twilio"
):
    """Where the carrier is and as whom the bank sends, as the operator says.

    `key` and `secret` are those of an API key, or the account and its token where `key` is empty.
    `sender` is a number, an alphanumeric name, or a messaging service (MG…).
    """

    account: str
    secret: str
    sender: str
    key: str = ""
    base_url: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        """Refuse an account that is none, and to send the secret in clear to another machine."""
        parts = urlsplit(self.base_url)
        is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise ValueError("the carrier is asked by https")
        if not _ACCOUNT.fullmatch(self.account):
            raise ValueError("the account is AC and 32 hexadecimal digits")


class _Made(msgspec.Struct, frozen=True):
    sid: str


class _Problem(msgspec.Struct, frozen=True):
    code: int = 0


class TwilioCarrier:
    """One account of the carrier, at its address."""

    name = "twilio"

    def __init__(self, at: TwilioAt, *, most_seconds: float = 10) -> None:
        self._at, self._most_seconds = at, most_seconds

    def send(self, *, number: str, text: str) -> str:
        """Have a text sent and return the message's sid."""
        status, wait, body = self._asked(number, text)
        if 200 <= status < 300:
            made = _read(body, _Made)
            if made is None or not _MESSAGE.fullmatch(made.sid):
                raise CarrierUnavailableError("the answer is no message")
            return made.sid
        problem = _read(body, _Problem) or _Problem()
        if status in _UNAVAILABLE or problem.code == _TOO_MANY:
            raise CarrierUnavailableError(f"said {status}", wait)
        if problem.code in _NUMBER_REFUSED:
            raise NumberRefusedError(str(problem.code))
        raise CarrierMisconfiguredError(f"{status} {problem.code}")

    def _asked(self, number: str, text: str) -> tuple[int, timedelta, bytes]:
        """Return status, wished-for wait and body of the answer, which is not read for ever."""
        service = self._at.sender.startswith("MG")
        told = {"To": number, "Body": text}
        told["MessagingServiceSid" if service else "From"] = self._at.sender
        address = f"{self._at.base_url.rstrip('/')}/2010-04-01/Accounts/{self._at.account}"
        try:
            with _client().stream(
                "POST",
                f"{address}/Messages.json",
                data=told,
                auth=(self._at.key or self._at.account, self._at.secret),
                timeout=_TIMEOUT,
            ) as answer:
                body = self._body_of(answer)
                return answer.status_code, _wait_of(answer), body
        except httpx.HTTPError as error:
            raise CarrierUnavailableError(type(error).__name__) from None

    def _body_of(self, answer: httpx.Response) -> bytes:
        body, end = bytearray(), time.monotonic() + self._most_seconds
        for chunk in answer.iter_bytes():
            body += chunk
            if time.monotonic() > end or len(body) > _MOST_BYTES:
                raise CarrierUnavailableError("the answer does not come to an end")
        return bytes(body)


def _wait_of(answer: httpx.Response) -> timedelta:
    said = answer.headers.get("Retry-After", "")
    seconds = int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0
    return timedelta(seconds=min(seconds, _LONGEST_WAIT_SECONDS))


def _read(body: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@cache
def _client() -> httpx.Client:
    """Return the client of this process; making one reads every certificate there is."""
    return httpx.Client(
        trust_env=False, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0)
    )
