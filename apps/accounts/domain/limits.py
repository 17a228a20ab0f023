"""When a change of a limit holds: less at once, more only after it has cooled off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.transactions.contracts import Channel, Period, SpendingLimit

# A customer sets these; what an account has to keep is a term of its product.
PERIODS: Final = (Period.TRANSACTION, Period.DAY, Period.MONTH)

Key = str


@dataclass(frozen=True)
class Changed:
    """What became of one limit: this amount (None: no limit) as of an instant."""

    key: Key
    amount_minor: int | None
    effective_at: datetime


def key_of(period: Period, channel: Channel) -> Key:
    """Return what a limit is called in addresses: day.any."""
    return f"{period.value}.{channel.value}"


def parts_of(key: Key) -> tuple[Period, Channel]:
    """Return period and way of a limit by its name; KeyError where it is none of a customer's."""
    return _KEYS[key]


_KEYS: Final = {
    key_of(period, channel): (period, channel) for period in PERIODS for channel in Channel
}


def in_force(limit: SpendingLimit, at: datetime) -> int | None:
    """Return what a limit allows at an instant; None where it is lifted."""
    if limit.next_at is not None and limit.next_at <= at:
        return limit.next_minor
    return limit.amount_minor


def after(
    limits: Sequence[SpendingLimit],
    wanted: Mapping[Key, int | None],
    *,
    at: datetime,
    later: datetime,
) -> tuple[tuple[SpendingLimit, ...], tuple[Changed, ...]]:
    """Return the limits after a change at an instant, and what has changed.

    What gives less room holds `at` once, and takes back a raise that is still cooling off. What
    gives more, or lifts a limit, holds from `later` on.
    """
    known = {
        key_of(limit.period, limit.channel): settled
        for limit in limits
        if (settled := _settled(limit, at)) is not None
    }
    changes: list[Changed] = []
    for key, amount in wanted.items():
        former = known.get(key)
        fresh, change = _one(key, former, amount, at, later)
        if fresh is None:
            known.pop(key, None)
        else:
            known[key] = fresh
        if change is not None:
            changes.append(change)
    return tuple(known.values()), tuple(changes)


def gives_more(
    limits: Sequence[SpendingLimit], wanted: Mapping[Key, int | None], at: datetime
) -> bool:
    """Say whether a change gives more room anywhere."""
    by_key = {key_of(limit.period, limit.channel): in_force(limit, at) for limit in limits}
    return any(_is_more(by_key.get(key), amount) for key, amount in wanted.items())


def _is_more(former: int | None, amount: int | None) -> bool:
    return former is not None and (amount is None or amount > former)


def _settled(limit: SpendingLimit, at: datetime) -> SpendingLimit | None:
    """Return a limit without a raise that holds by now, None where that lifted it."""
    if limit.next_at is None or limit.next_at > at:
        return limit
    if limit.next_minor is None:
        return None
    return SpendingLimit(period=limit.period, channel=limit.channel, amount_minor=limit.next_minor)


def _one(
    key: Key, former: SpendingLimit | None, amount: int | None, at: datetime, later: datetime
) -> tuple[SpendingLimit | None, Changed | None]:
    period, channel = parts_of(key)
    if former is None:
        if amount is None:
            return None, None
        fresh = SpendingLimit(period=period, channel=channel, amount_minor=amount)
        return fresh, Changed(key, amount, at)
    if _is_more(former.amount_minor, amount):
        if former.next_at is not None and former.next_minor == amount:
            return former, None  # asked for already; asking again does not make it wait longer
        fresh = SpendingLimit(
            period=period,
            channel=channel,
            amount_minor=former.amount_minor,
            next_minor=amount,
            next_at=later,
        )
        return fresh, Changed(key, amount, later)
    if amount == former.amount_minor and former.next_at is None:
        return former, None
    fresh = SpendingLimit(period=period, channel=channel, amount_minor=amount or 0)
    return fresh, Changed(key, amount, at)
