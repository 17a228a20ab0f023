"""Spending limits: what leaves an account within a period, asked under a lock of the limit itself.

Whoever spends from a limited account locks the account's limits first, before anything else of it,
in one order; so of two at once the second sees what the first has spent. Nothing is counted apart:
what is used up is the sum of entries and holds, so no crash, replay or reversal lets it drift.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.transactions.contracts import Channel, Hold, SpendingLimitExceeded
from apps.transactions.domain.limits import KINDS, Excess, Rule, Spending, spending_of
from apps.transactions.selectors.limits import fill, rules_of
from apps.transactions.services.engine import Order
from vortex.clock import now
from vortex.db import arrays
from vortex.db.arrays import ColumnCursor

_LIMITS: Final = """
select account_id, spender_id, period, channel,
       case when next_at <= %(now)s then next_minor else amount_minor end
  from transactions_limit where account_id = any (%(accounts)s)
 order by account_id, id for update
"""
_FREE: Final = """
select id, booked_minor - held_minor from transactions_account where id = any (%s)
"""
_STAND: Final = "select id from transactions_posting where id = any (%s)"


def may_be_limited(order: Order) -> bool:
    """Say whether an order is of the sort that limits are about, whatever its accounts."""
    posting = order.posting
    return order.is_limited and posting.booked_at is None and posting.kind in KINDS


def locked(connection: BaseDatabaseWrapper, orders: Sequence[Order]) -> "Limits | None":
    """Lock the limits of every account that the orders debit; None where there is none."""
    debited = {
        leg.account_id
        for order in orders
        if may_be_limited(order)
        for leg in order.posting.legs
        if leg.amount_minor < 0
    }
    return _locked(connection, debited)


def locked_for_hold(
    connection: BaseDatabaseWrapper, hold: Hold, *, at: datetime
) -> "Limits | None":
    """Lock the limits of the account on which money is to be set aside; None where it has none."""
    return _locked(connection, {hold.account_id}, at)


@dataclass
class Limits:
    """Limits under lock, and what is used of them by what stands and by what was allowed here."""

    rules: Mapping[UUID, Sequence[Rule]]
    free: dict[UUID, int]
    connection: BaseDatabaseWrapper
    _taken: set[int] = field(default_factory=set)

    def divide(self, orders: Iterable[tuple[int, Order]]) -> "Division":
        """Say of orders, each with its place, which are allowed, which are not and which wait.

        What the engine knows already under its id is for the engine to answer, and spends nothing.
        The second of one id waits until it is known what became of the first.
        """
        asked = Division([], {}, [])
        ids: set[UUID] = set()
        sought: dict[UUID, list[int]] = {}
        for place, order in orders:
            posting = order.posting
            if posting.posting_id in ids:
                asked.waiting.append(place)
                continue
            excess = self.excess_of(_spendings(order))
            if excess is not None:
                asked.beyond[place] = excess
                sought.setdefault(posting.posting_id, []).append(place)
                continue
            ids.add(posting.posting_id)
            asked.allowed.append(place)
            self._taken.add(place)
            self._take(order, 1)
        for posting_id in self._standing(list(sought)):
            for place in sought[posting_id]:
                del asked.beyond[place]
                asked.allowed.append(place)
        asked.allowed.sort()
        return asked

    def give_back(self, orders: Iterable[tuple[int, Order]]) -> bool:
        """Count what was allowed and not made as not spent; say whether there was any."""
        failed = [(place, order) for place, order in orders if place in self._taken]
        for place, order in failed:
            self._taken.discard(place)
            self._take(order, -1)
        return bool(failed)

    def check_hold(self, hold: Hold) -> None:
        """Refuse to set aside what the limits do not allow; it counts as spent from now on."""
        channel = Channel.CARD if hold.target_account_id is None else Channel.TRANSFER
        asked = Spending(hold.account_id, hold.actor_id, channel, hold.amount_minor)
        excess = self.excess_of([asked])
        if excess is not None:
            said = {"account_id": str(hold.account_id), **excess.facts}
            raise SpendingLimitExceeded(excess.detail, **said)

    def excess_of(self, spent: Sequence[Spending]) -> Excess | None:
        """Return the first limit that this spending would pass, or None."""
        for one in spent:
            for rule in self.rules.get(one.account_id, ()):
                excess = rule.excess_of(one, self.free[one.account_id])
                if excess is not None:
                    return excess
        return None

    def _take(self, order: Order, sign: int) -> None:
        for leg in order.posting.legs:
            if leg.account_id in self.free:
                self.free[leg.account_id] += sign * leg.amount_minor
        for one in _spendings(order):
            for rule in self.rules.get(one.account_id, ()):
                rule.take(one, sign)

    def _standing(self, posting_ids: list[UUID]) -> list[UUID]:
        if not posting_ids:
            return []
        with self.connection.cursor() as cursor:
            cursor.execute(_STAND, (posting_ids,))
            return [posting_id for (posting_id,) in cursor.fetchall()]


@dataclass(frozen=True)
class Division:
    """Places of orders: those to be made, those that a limit stands against, those to ask again."""

    allowed: list[int]
    beyond: dict[int, Excess]
    waiting: list[int]


def _spendings(order: Order) -> list[Spending]:
    return spending_of(order.posting) if may_be_limited(order) else []


def _locked(
    connection: BaseDatabaseWrapper, account_ids: Iterable[UUID], at: datetime | None = None
) -> Limits | None:
    at = at or now()
    accounts = sorted(account_ids)
    if not accounts:
        return None
    connection.ensure_connection()
    with ColumnCursor(connection.connection) as cursor:  # Django's writes every id out as text
        asked = {"accounts": arrays.uuids(accounts), "now": at}
        rows = cursor.execute(_LIMITS, asked, prepare=True, binary=True).fetchall()
    limited = sorted({row[0] for row in rows})
    if not limited:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FREE, (limited,))
        free = dict(cursor.fetchall())
    rules = rules_of(rows)
    fill(connection, rules, at)
    return Limits(rules, free, connection)
