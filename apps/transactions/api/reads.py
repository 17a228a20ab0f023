"""The list of transactions, for the API's view and straight off the wire."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from apps.transactions import selectors
from apps.transactions.api.serializers import TransactionSerializer
from apps.transactions.selectors import Wanted
from vortex.errors import Refusal
from vortex.http.pagination import Window, page_of, window_of
from vortex.http.quick.lines import encoded
from vortex.http.quick.reads import ID, Query, Read

_ORDER: Final = "transactions by -booked_at,-id"
_DIRECTIONS: Final = frozenset({"in", "out"})
# Filters that look through a history are the API's, where nobody waits behind them.
_PLAIN: Final = frozenset({"account_id", "direction", "cursor", "limit"})

_TRANSACTION: Final = TransactionSerializer()


def window_of_list(query: Mapping[str, str]) -> Window:
    """Return the window of the list that a query asks for."""
    return window_of(query, order=_ORDER, types=(datetime, UUID))


def listed(owner_id: UUID, wanted: Wanted, asked: Window) -> dict[str, Any]:
    """Return a page of somebody's own transactions, newest first."""
    rows = selectors.postings_of_owner(
        owner_id=owner_id, wanted=wanted, after=asked.after, limit=asked.limit + 1
    )
    page = page_of(rows, asked, key=lambda row: (row.booked_at, row.id))
    items = list(map(_TRANSACTION.to_representation, page.items))
    return {"items": items, "next_cursor": page.next_cursor}


def _wanted(found: re.Match[str], query: Query) -> tuple[Wanted, Window]:
    del found
    direction = query.get("direction", "")
    if not query.keys() <= _PLAIN or (direction and direction not in _DIRECTIONS):
        raise ValueError("for the API to read")
    account_id = query.get("account_id")
    if account_id is not None and not re.fullmatch(ID, account_id):
        raise ValueError("for the API to read")
    wanted = Wanted(account_id=UUID(account_id) if account_id else None, direction=direction)
    return wanted, window_of_list(query)


def _answer(asked: Sequence[tuple[UUID, Any]]) -> list[bytes | Refusal | None]:
    return [_page(owner_id, *wanted) for owner_id, wanted in asked]


def _page(owner_id: UUID, wanted: Wanted, asked: Window) -> bytes | Refusal | None:
    try:
        return encoded(listed(owner_id, wanted, asked))
    except Refusal as refusal:
        return refusal
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):  # a direction that hardly anything went
            return None
        raise


# Each page is a question of its own to PostgreSQL, so a larger group would only be a longer wait.
TRANSACTIONS: Final = Read(
    context="transactions",
    path=re.compile("transactions"),
    route="transactions",
    allow="GET, POST, HEAD, OPTIONS",
    wanted=_wanted,
    answer=_answer,
    at_once=8,
)
