"""The list of accounts and the balance of one, for the API's views and straight off the wire."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.api.serializers import BalanceSerializer, HeldAccountSerializer
from apps.accounts.contracts import AccountNotFound
from apps.accounts.models import Account
from apps.accounts.selectors.members import all_seen_by_each, seen_by_each
from apps.transactions.contracts import Balance, LedgerAccountNotFound
from vortex.errors import Refusal
from vortex.http.quick.lines import encoded
from vortex.http.quick.reads import ID, Query, Read

Balances = Mapping[UUID, Balance]

_BALANCE: Final = BalanceSerializer()
_HELD: Final = HeldAccountSerializer()


def held(account: Account, balances: Balances) -> dict[str, Any]:
    """Return an account's money as the API says it; `balances` are the ledger's, by account."""
    balance = balances.get(account.pk)
    if balance is None:
        raise LedgerAccountNotFound(account_id=str(account.pk))
    return _BALANCE.to_representation((account, balance))


def listed(accounts: Sequence[Account], balances: Balances) -> dict[str, Any]:
    """Return accounts with their money; all of them are on one page."""
    pairs = [(account, balances[account.pk]) for account in accounts]
    return {"items": list(map(_HELD.to_representation, pairs)), "next_cursor": None}


def _nothing(found: re.Match[str], query: Query) -> None:
    del found
    if query:
        raise ValueError("for the API to read")


def _account(found: re.Match[str], query: Query) -> UUID:
    _nothing(found, query)
    return UUID(found[1])


def _balances(asked: Sequence[tuple[UUID, UUID]]) -> list[bytes | Refusal]:
    accounts = seen_by_each(asked)
    balances = selectors.balances(account for account in accounts if account is not None)
    return [
        _balance(account, balances, account_id)
        for account, (_, account_id) in zip(accounts, asked, strict=True)
    ]


def _balance(account: Account | None, balances: Balances, account_id: UUID) -> bytes | Refusal:
    if account is None:
        return AccountNotFound(account_id=str(account_id))
    try:
        return encoded(held(account, balances))
    except Refusal as refusal:
        return refusal


def _lists(asked: Sequence[tuple[UUID, None]]) -> list[bytes]:
    found = all_seen_by_each([user_id for user_id, _ in asked])
    balances = selectors.balances(chain.from_iterable(found))
    return [encoded(listed(accounts, balances)) for accounts in found]


BALANCE: Final = Read(
    context="accounts",
    path=re.compile(f"accounts/({ID})/balance"),
    route="accounts/<uuid:account_id>/balance",
    allow="GET, HEAD, OPTIONS",
    wanted=_account,
    answer=_balances,
    at_once=64,
)
ACCOUNTS: Final = Read(
    context="accounts",
    path=re.compile("accounts"),
    route="accounts",
    allow="GET, POST, HEAD, OPTIONS",
    wanted=_nothing,
    answer=_lists,
    at_once=64,
)
