"""A line of a statement as a posting, the same from whatever place of whatever file.

Its id is derived from the account, the line and how many equal lines stand before it. So a file
imported twice, or one that overlaps another, adds what is new and nothing else. The other leg is
the clearing account's, of which there is one per currency.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from apps.transactions.adapters.statements import Line, identity
from apps.transactions.contracts import LedgerAccountKind, Leg, Posting, PostingKind
from apps.transactions.services.accounts import open_account
from vortex.ids import derived_id

_CLEARING_OPENED: Final = datetime(1970, 1, 1, tzinfo=UTC)


def clearing_of(currency: str) -> UUID:
    """Return the id of the account that takes the other leg of every imported line."""
    return derived_id(_CLEARING_OPENED, "statement", "clearing", currency)


def open_clearing(currency: str) -> UUID:
    """Open that account, once, and return its id."""
    clearing = clearing_of(currency)
    open_account(
        account_id=clearing,
        owner_id=None,
        currency=currency,
        kind=LedgerAccountKind.SYSTEM,
        name=f"Imported statements in {currency}",
        overdraft_minor=0,
        opened_at=_CLEARING_OPENED,
    )
    return clearing


def posting_of(line: Line, occurrence: int, *, account_id: UUID, currency: str) -> Posting:
    """Return the posting of a line; `occurrence` counts the equal lines before it."""
    at = _midnight(line.booked_date) + timedelta(hours=12, seconds=occurrence)
    names = ("statement", "line", str(account_id), str(occurrence), *identity(line))
    return _posting(derived_id(at, *names), line, at, account_id=account_id, currency=currency)


def opening_of(day: date, minor: int, *, account_id: UUID, currency: str) -> Posting:
    """Return the posting of what was on an account before its first line.

    Its id knows neither day nor amount: an account has one beginning.
    """
    once = derived_id(_CLEARING_OPENED, "statement", "opening", str(account_id))
    opening = Line(day, minor, "Opening balance", "")
    return _posting(once, opening, _midnight(day), account_id=account_id, currency=currency)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _posting(
    posting_id: UUID, line: Line, booked_at: datetime, *, account_id: UUID, currency: str
) -> Posting:
    minor = line.amount_minor
    return Posting(
        posting_id=posting_id,
        legs=(
            Leg(account_id=account_id, amount_minor=minor, currency=currency),
            Leg(account_id=clearing_of(currency), amount_minor=-minor, currency=currency),
        ),
        kind=PostingKind.DEPOSIT if minor > 0 else PostingKind.WITHDRAWAL,
        description=line.description,
        counterparty=line.counterparty,
        effective_date=line.booked_date,
        booked_at=booked_at,
    )
