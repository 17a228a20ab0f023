"""Banks that speak UK Open Banking's account information API (read-write 4.0) behind OAuth 2.

Authorization code with PKCE and a state; every answer is read up to a limit, decoded strictly, and
refused when it speaks of an account that was not asked about. Redirects are not followed, and a
next page is taken only from the bank's own address.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from apps.accounts.adapters.asking import UNAVAILABLE, NoAnswerError, TooLongError, answer_of
from apps.accounts.adapters.banks.port import (
    BankRefusedError,
    BankTalksNonsenseError,
    BankUnavailableError,
    Begun,
    Endpoint,
    OutsideAccount,
    OutsideLine,
    Tokens,
)
from vortex.errors import Refusal
from vortex.money import Money

_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_PAGES: Final = 50
_MOST_TEXT: Final = 140
_PERMISSIONS: Final = (
    *("ReadAccountsDetail", "ReadBalances", "ReadTransactionsDetail"),
    *("ReadTransactionsCredits", "ReadTransactionsDebits"),
)

T = TypeVar("T")


class _Consent(msgspec.Struct, frozen=True, rename="pascal"):
    consent_id: str


class _Amount(msgspec.Struct, frozen=True, rename="pascal"):
    amount: str
    currency: str


class _Number(msgspec.Struct, frozen=True, rename="pascal"):
    identification: str
    name: str = ""


class _Account(msgspec.Struct, frozen=True, rename="pascal"):
    account_id: str
    currency: str
    nickname: str = ""
    description: str = ""
    account: tuple[_Number, ...] = ()


class _Accounts(msgspec.Struct, frozen=True, rename="pascal"):
    account: tuple[_Account, ...] = ()


class _Balance(msgspec.Struct, frozen=True, rename="pascal"):
    account_id: str
    credit_debit_indicator: str
    type: str
    amount: _Amount


class _Balances(msgspec.Struct, frozen=True, rename="pascal"):
    balance: tuple[_Balance, ...] = ()


class _Party(msgspec.Struct, frozen=True, rename="pascal"):
    name: str = ""


class _Transaction(msgspec.Struct, frozen=True, rename="pascal"):
    account_id: str
    credit_debit_indicator: str
    status: str
    booking_date_time: datetime
    amount: _Amount
    transaction_information: str = ""
    creditor_account: _Party = _Party()
    debtor_account: _Party = _Party()


class _Transactions(msgspec.Struct, frozen=True, rename="pascal"):
    transaction: tuple[_Transaction, ...] = ()


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 300
    refresh_token: str = ""


class OpenBanking:
    """One bank, at its endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._at = endpoint

    def begin(
        self, *, state: str, challenge: str, redirect_uri: str, expires_at: datetime
    ) -> Begun:
        """Announce a consent and return where the customer gives it."""
        ours = self._token({"grant_type": "client_credentials", "scope": "accounts"})
        body = {
            "Data": {"Permissions": _PERMISSIONS, "ExpirationDateTime": expires_at.isoformat()},
            "Risk": {},
        }
        said = self._say("POST", "/aisp/account-access-consents", ours.access_token, json=body)
        external_id = _data(said, _Consent).consent_id
        query = {
            "response_type": "code",
            "client_id": self._at.client_id,
            "redirect_uri": redirect_uri,
            "scope": "accounts",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "consent_id": external_id,
        }
        return Begun(
            external_id=external_id,
            authorization_url=f"{self._at.base_url}/authorize?{urlencode(query)}",
        )

    def finish(self, *, code: str, verifier: str, redirect_uri: str, at: datetime) -> Tokens:
        """Change a code for tokens."""
        told = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return _tokens(self._token(told), "", at)

    def refreshed(self, tokens: Tokens, *, at: datetime) -> Tokens:
        """Return fresh tokens; a bank that gives no new refresh token means the old one."""
        told = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        return _tokens(self._token(told), tokens.refresh, at)

    def accounts(self, tokens: Tokens) -> tuple[OutsideAccount, ...]:
        """Return the accounts that the consent is about."""
        return tuple(
            _account(one)
            for page in self._pages("/aisp/accounts", tokens)
            for one in _data(page, _Accounts).account
        )

    def booked_minor(self, tokens: Tokens, account: OutsideAccount) -> int:
        """Return the booked balance: the closing one where there is one, else the interim one."""
        path = f"/aisp/accounts/{_safe(account.external_id)}/balances"
        told = _data(self._say("GET", path, tokens.access), _Balances).balance
        for kind in ("ClosingBooked", "InterimBooked"):
            for balance in told:
                if balance.type == kind:
                    _same(balance.account_id, account)
                    return _signed(balance.amount, balance.credit_debit_indicator, account)
        raise BankTalksNonsenseError("no booked balance")

    def lines(
        self, tokens: Tokens, account: OutsideAccount, *, since: date
    ) -> tuple[OutsideLine, ...]:
        """Return the booked transactions, oldest first."""
        path = f"/aisp/accounts/{_safe(account.external_id)}/transactions"
        pages = self._pages(f"{path}?fromBookingDateTime={since:%Y-%m-%d}T00:00:00", tokens)
        told = [one for page in pages for one in _data(page, _Transactions).transaction]
        booked = [one for one in told if one.status in {"Booked", "BOOK"}]
        return tuple(
            _line(one, account)
            for one in sorted(booked, key=lambda one: _instant(one.booking_date_time))
        )

    def revoke(self, external_id: str) -> None:
        """Delete the consent at the bank."""
        ours = self._token({"grant_type": "client_credentials", "scope": "accounts"})
        path = f"/aisp/account-access-consents/{_safe(external_id)}"
        self._say("DELETE", path, ours.access_token, gone_is_fine=True)

    def _pages(self, path: str, tokens: Tokens) -> Iterator[bytes]:
        own, seen = f"{self._at.base_url}/", set()
        for _ in range(_MOST_PAGES):
            seen.add(path)
            page = self._say("GET", path, tokens.access)
            yield page
            following = _next(page)
            if not following:
                return
            if not following.startswith(own) or (path := following[len(own) - 1 :]) in seen:
                raise BankTalksNonsenseError("the next page is elsewhere, or was there before")
        raise BankTalksNonsenseError(f"more than {_MOST_PAGES} pages")

    def _token(self, told: dict[str, str]) -> _Token:
        secret = (self._at.client_id, self._at.client_secret)
        answer = self._send("POST", "/token", data=told, auth=secret)
        if answer[0] in {400, 401, 403}:
            raise BankRefusedError(f"the token endpoint said {answer[0]}")
        return _decoded(_content(answer), _Token)

    def _say(
        self, method: str, path: str, token: str, *, gone_is_fine: bool = False, **told: Any
    ) -> bytes:
        answer = self._send(method, path, headers={"Authorization": f"Bearer {token}"}, **told)
        if answer[0] in {401, 403}:
            raise BankRefusedError(f"{method} said {answer[0]}")
        if gone_is_fine and answer[0] in {404, 410}:
            return b""
        return _content(answer)

    def _send(self, method: str, path: str, **told: Any) -> tuple[int, bytes]:
        """Send and return status and body; a body is read up to the limit and no further."""
        try:
            return answer_of(method, f"{self._at.base_url}{path}", most_bytes=_MOST_BYTES, **told)
        except NoAnswerError as error:
            raise BankUnavailableError(str(error)) from error
        except TooLongError as error:
            raise BankTalksNonsenseError(str(error)) from error


def _content(answer: tuple[int, bytes]) -> bytes:
    status, body = answer
    if status in UNAVAILABLE:
        raise BankUnavailableError(f"said {status}")
    if not 200 <= status < 300:
        raise BankTalksNonsenseError(f"said {status}")
    return body


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BankTalksNonsenseError("the answer is not readable") from error


def _data(body: bytes, kind: type[T]) -> T:
    told = _decoded(body, dict[str, msgspec.Raw])
    if "Data" not in told:
        raise BankTalksNonsenseError("the answer has no Data")
    return _decoded(bytes(told["Data"]), kind)


def _next(body: bytes) -> str:
    links = _decoded(body, dict[str, Any]).get("Links")
    following = links.get("Next", "") if isinstance(links, dict) else ""
    return following if isinstance(following, str) else ""


def _tokens(told: _Token, former_refresh: str, at: datetime) -> Tokens:
    return Tokens(
        access=told.access_token,
        refresh=told.refresh_token or former_refresh,
        access_expires_at=at + timedelta(seconds=max(0, min(told.expires_in, 86_400))),
    )


def _account(told: _Account) -> OutsideAccount:
    number = told.account[0] if told.account else _Number("")
    return OutsideAccount(
        external_id=told.account_id[:_MOST_TEXT],
        currency=told.currency,
        number=number.identification[:_MOST_TEXT],
        name=(told.nickname or told.description or number.name)[:_MOST_TEXT],
    )


def _line(told: _Transaction, account: OutsideAccount) -> OutsideLine:
    _same(told.account_id, account)
    amount = _signed(told.amount, told.credit_debit_indicator, account)
    party = told.debtor_account if amount > 0 else told.creditor_account
    return OutsideLine(
        booked_date=_instant(told.booking_date_time).date(),
        amount_minor=amount,
        description=_text(told.transaction_information),
        counterparty=_text(party.name),
    )


def _same(account_id: str, account: OutsideAccount) -> None:
    """Refuse what is about another account than the one that was asked about."""
    if account_id != account.external_id:
        raise BankTalksNonsenseError("the answer is about another account")


def _signed(amount: _Amount, indicator: str, account: OutsideAccount) -> int:
    if indicator not in {"Credit", "Debit"} or amount.currency != account.currency:
        raise BankTalksNonsenseError("neither credit nor debit, or in another currency")
    try:
        whole = Money.parse(_plain(amount.amount), amount.currency).minor
    except Refusal as refusal:
        raise BankTalksNonsenseError("an amount is not readable") from refusal
    if whole < 0:
        raise BankTalksNonsenseError("an amount has a sign of its own")
    return whole if indicator == "Credit" else -whole


def _plain(amount: str) -> str:
    """Return an amount without the zeros that Open Banking may put behind its decimals."""
    whole, point, decimals = amount.partition(".")
    kept = decimals.rstrip("0")
    return f"{whole}{point}{kept}" if kept else whole


def _instant(told: datetime) -> datetime:
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def _text(told: str) -> str:
    return " ".join(told.replace("\x00", "").split())[:_MOST_TEXT]


def _safe(part: str) -> str:
    """Return an id as one part of a path; what could leave it is refused."""
    if not part or len(part) > _MOST_TEXT or not all(c.isalnum() or c in "-_." for c in part):
        raise BankTalksNonsenseError("an id is not one")
    if set(part) == {"."}:
        raise BankTalksNonsenseError("an id is not one")
    return part
