"""Finding what comes again: same account, same other side, about the same amount, at one pace.

Amounts that are equal are looked at first; what is left of one other side is taken together where
its amounts stay within a fifth of their median, as salaries and bills do.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Final
from uuid import UUID

from apps.transactions.domain.merchants import normal

FEWEST: Final = 3
_SPREAD: Final = 5  # a fifth
_MOSTLY: Final = 0.75
_LEAST_LETTERS: Final = 3
# For each pace its days, and how many it may be early or late.
PACES: Final[dict[str, tuple[int, int]]] = {
    "weekly": (7, 1),
    "fortnightly": (14, 2),
    "monthly": (30, 5),
    "quarterly": (91, 10),
    "yearly": (365, 20),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One of a customer's own entries; `name` is who or what is on the other side."""

    day: date
    amount_minor: int
    currency: str
    account_id: UUID
    name: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Recurring:
    """What comes again; `amount_minor` is the median, `next_date` when it is due."""

    name: str
    account_id: UUID
    amount_minor: int
    currency: str
    pace: str
    count: int
    first_date: date
    last_date: date
    next_date: date
    is_active: bool
    category: str


def recurring(moves: Sequence[Move], *, today: date) -> list[Recurring]:
    """Return what comes again, the largest first."""
    found: list[Recurring] = []
    groups: dict[tuple[UUID, str, str, bool], list[Move]] = defaultdict(list)
    for move in sorted(moves, key=lambda move: move.day):
        key = _key(move.name)
        if key:
            groups[move.account_id, move.currency, key, move.amount_minor > 0].append(move)
    for group in groups.values():
        found += _of_group(group, today)
    return sorted(found, key=lambda one: -abs(one.amount_minor))


def _of_group(group: list[Move], today: date) -> list[Recurring]:
    by_amount: dict[int, list[Move]] = defaultdict(list)
    for move in group:
        by_amount[move.amount_minor].append(move)
    found, left = [], []
    for equal in by_amount.values():
        one = _of_series(equal, today)
        if one is None:
            left += equal
        else:
            found.append(one)
    if len(left) >= FEWEST:
        middle = median(move.amount_minor for move in left)
        near = [m for m in left if abs(m.amount_minor - middle) * _SPREAD <= abs(middle)]
        one = _of_series(sorted(near, key=lambda move: move.day), today)
        found += [one] if one else []
    return found


def _of_series(series: Sequence[Move], today: date) -> Recurring | None:
    if len(series) < FEWEST:
        return None
    gaps = [(after.day - before.day).days for before, after in pairwise(series)]
    pace = _pace(gaps)
    if pace is None:
        return None
    days, slack = PACES[pace]
    last = series[-1]
    due = _due(last.day, pace)
    return Recurring(
        name=last.name,
        account_id=last.account_id,
        amount_minor=int(median(move.amount_minor for move in series)),
        currency=last.currency,
        pace=pace,
        count=len(series),
        first_date=series[0].day,
        last_date=last.day,
        next_date=due,
        is_active=today <= last.day + timedelta(days=days + 2 * slack),
        category=last.category,
    )


def _pace(gaps: Sequence[int]) -> str | None:
    for name, (days, slack) in PACES.items():
        kept = sum(abs(gap - days) <= slack for gap in gaps)
        if kept >= _MOSTLY * len(gaps):
            return name
    return None


def _due(last: date, pace: str) -> date:
    months = {"monthly": 1, "quarterly": 3, "yearly": 12}.get(pace)
    if months is None:
        return last + timedelta(days=PACES[pace][0])
    count = last.year * 12 + last.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(last.day, monthrange(year, month + 1)[1]))


def _key(name: str) -> str:
    """Return what spellings of one other side have in common; numbers, where letters are few."""
    plain = normal(name)
    return plain if len(plain) >= _LEAST_LETTERS else " ".join(name.casefold().split())
