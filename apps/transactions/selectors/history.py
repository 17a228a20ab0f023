"""Balances of the past, computed back from what is booked now.

Postings that replay history are booked in the past, so the order of booking times is not the order
of versions; what was booked at a moment is what is booked now less what was booked since.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import (
    DayBalance,
    LedgerAccountNotFound,
    MomentInFuture,
    RangeTooWide,
)
from vortex.db import alias_of

MOST_DAYS: Final = 1_100

_AT: Final = """
select a.booked_minor - coalesce((
         select sum(e.amount_minor) from transactions_entry e
          where e.account_id = a.id and e.booked_at > %s), 0)
  from transactions_account a where a.id = %s
"""
_DAYS: Final = """
select (e.booked_at at time zone 'UTC')::date,
       coalesce(sum(e.amount_minor) filter (where e.amount_minor > 0), 0),
       coalesce(sum(e.amount_minor) filter (where e.amount_minor < 0), 0)
  from transactions_entry e
 where e.account_id = %s and e.booked_at >= %s and e.booked_at < %s
 group by 1
"""


def balance_at(*, account_id: UUID, at: datetime, now: datetime) -> int:
    """Return what was booked on an account at a past moment, in minor units."""
    if at > now:
        raise MomentInFuture(at=at.isoformat())
    return _booked(account_id, at)


def balance_history(*, account_id: UUID, since: date, until: date) -> tuple[DayBalance, ...]:
    """Return the balance at the end of each day (UTC) from `since` to `until`, oldest first."""
    count = (until - since).days + 1
    if not 0 < count <= MOST_DAYS or until.year > 9000:
        raise RangeTooWide(days=count)
    start, end = _midnight(since), _midnight(until + timedelta(days=1))
    booked = _booked(account_id, start - timedelta(microseconds=1))
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_DAYS, (account_id, start, end))
        moved = {day: (int(credits_), int(debits)) for day, credits_, debits in cursor.fetchall()}
    history = []
    for day in (since + timedelta(days=place) for place in range(count)):
        credits_, debits = moved.get(day, (0, 0))
        booked += credits_ + debits
        history.append(
            DayBalance(day=day, booked_minor=booked, credits_minor=credits_, debits_minor=debits)
        )
    return tuple(history)


def _booked(account_id: UUID, at: datetime) -> int:
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_AT, (at, account_id))
        row = cursor.fetchone()
    if row is None:
        raise LedgerAccountNotFound(account_id=str(account_id))
    return int(row[0])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
