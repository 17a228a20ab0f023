"""An issuer that speaks Lithic's API (v1): it makes the card, keeps its number and knows its state.

Its answers may hold the number (`pan`) and the code (`cvv`): what is decoded here has no field for
them, and no error quotes an answer. An answer about another card than the one asked for is refused.
"""

import re
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from apps.accounts.adapters.asking import UNAVAILABLE, NoAnswerError, TooLongError, answer_of
from apps.accounts.adapters.vaults.port import (
    Issued,
    VaultState,
    VaultTalksNonsenseError,
    VaultUnavailableError,
)
from apps.accounts.adapters.vaults.signed import keys_of

_MOST_BYTES: Final = 64 * 1024
_SAID: Final = {
    VaultState.ACTIVE: "OPEN",
    VaultState.LOCKED: "PAUSED",
    VaultState.CANCELLED: "CLOSED",
}
_TOKEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)
_FOUR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_MONTH: Final = re.compile(r"0[1-9]|1[0-2]", re.ASCII)


class LithicAt(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="lithic"
):
    """Where the issuer is, as the operator says; `brand` is that of the card program.

    `webhook_secret` is what its events are signed with, two with a space between while it changes.
    """

    base_url: str
    api_key: str
    brand: str = "visa"
    card_program: str = ""
    webhook_secret: str = ""

    def __post_init__(self) -> None:
        """Refuse to send the key in clear to anybody but this machine."""
        parts = urlsplit(self.base_url)
        is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise ValueError("the issuer is asked by https")
        keys_of(self.webhook_secret)


class _Card(msgspec.Struct, frozen=True):
    token: str
    last_four: str
    state: str
    exp_month: str = ""
    exp_year: str = ""
    memo: str = ""


class LithicVault:
    """One issuer, at its address."""

    name = "lithic"

    def __init__(self, at: LithicAt, *, most_seconds: float = 15) -> None:
        self._at, self._most_seconds = at, most_seconds

    def issue(self, *, reference: UUID, currency: str) -> Issued:
        """Make a virtual card; the issuer answers a repeated key with the first card."""
        body = {
            "type": "VIRTUAL",
            "state": "OPEN",
            "memo": str(reference),
            "cardholder_currency": currency,
        }
        if self._at.card_program:
            body["card_program_token"] = self._at.card_program
        card = _card(
            self._said("POST", "/v1/cards", json=body, headers={"Idempotency-Key": str(reference)})
        )
        if card.memo != str(reference):
            raise VaultTalksNonsenseError("the answer is about another card")
        if not (
            _TOKEN.fullmatch(card.token)
            and _FOUR.fullmatch(card.last_four)
            and _MONTH.fullmatch(card.exp_month)
            and _FOUR.fullmatch(card.exp_year)
        ):
            raise VaultTalksNonsenseError("the answer is no card")
        return Issued(
            token=card.token,
            last_four=card.last_four,
            brand=self._at.brand,
            expiry_month=int(card.exp_month),
            expiry_year=int(card.exp_year),
        )

    def set_state(self, *, token: str, state: VaultState) -> None:
        """Change what a card may do; where that is refused, it may be so already."""
        path, wanted = f"/v1/cards/{token}", _SAID[state]
        status, content = self._asked("PATCH", path, json={"state": wanted})
        if 400 <= status < 500 and status not in {401, 403}:
            content = self._said("GET", path)
        else:
            content = _content(status, content)
        card = _card(content)
        if card.token != token:
            raise VaultTalksNonsenseError("the answer is about another card")
        if card.state != wanted:
            raise VaultTalksNonsenseError("the card is not as it was told to be")

    def _said(self, method: str, path: str, **told: Any) -> bytes:
        return _content(*self._asked(method, path, **told))

    def _asked(
        self, method: str, path: str, headers: dict[str, str] | None = None, **told: Any
    ) -> tuple[int, bytes]:
        try:
            status, body = answer_of(
                method,
                f"{self._at.base_url.rstrip('/')}{path}",
                most_bytes=_MOST_BYTES,
                most_seconds=self._most_seconds,
                headers={"Authorization": self._at.api_key, **(headers or {})},
                **told,
            )
        except NoAnswerError as error:
            raise VaultUnavailableError(str(error)) from None
        except TooLongError as error:
            raise VaultTalksNonsenseError(str(error)) from None
        if status in UNAVAILABLE:
            raise VaultUnavailableError(f"said {status}")
        return status, body


def _content(status: int, body: bytes) -> bytes:
    if not 200 <= status < 300:
        raise VaultTalksNonsenseError(f"said {status}")
    return body


def _card(body: bytes) -> _Card:
    try:
        return msgspec.json.decode(body, type=_Card)
    except (msgspec.DecodeError, UnicodeDecodeError):  # what they say may quote the answer
        raise VaultTalksNonsenseError("the answer is not readable") from None
