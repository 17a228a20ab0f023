"""Everyday spending by card: habits that follow weekday, season, distance from home and means."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from apps.transactions.contracts import PostingKind
from config.demo.calendar import at
from config.demo.day import Day
from config.demo.episodes import trip_of
from config.demo.merchants import HABITS, Habit
from config.demo.movement import WORLD, Flow, Movement, Told, own

_COMFORT_DAYS = 4  # below so many days of income people think twice
_RETURN_DAYS = (5, 13)


def spending(today: Day) -> Iterator[Movement]:
    """Give what the customer buys today; nothing at home while on a trip."""
    if trip_of(today.customer, today.on) is not None:
        return
    for habit in HABITS:
        if habit.key in today.customer.without or today.chance.random() >= _likely(today, habit):
            continue
        bought = _purchase(today, habit)
        yield bought
        if today.chance.random() < habit.returned:
            today.life.promise(_refund(today, bought))


def _likely(today: Day, habit: Habit) -> float:
    """Return how likely a purchase is today."""
    likely = habit.per_week / 7 * today.customer.pace
    likely *= habit.weekdays[today.on.weekday()] * 7 / sum(habit.weekdays)
    likely *= habit.months[today.on.month - 1] * 12 / sum(habit.months)
    if today.balance_minor > today.customer.income_minor * _COMFORT_DAYS // 30:
        return likely
    return likely * (0.7 if habit.needed else 0.15)


def _purchase(today: Day, habit: Habit) -> Movement:
    purse = today.customer.checking
    merchant = today.chance.choice(habit.merchants[purse.currency])
    kind = PostingKind.WITHDRAWAL if habit.key == "cash" else PostingKind.CARD
    told = Told(merchant, habit.category, merchant, kind)
    hour = today.chance.randint(*habit.hours)
    amount = _amount(today.chance, habit)
    return today.paid(f"card/{habit.key}", purse, -amount, told, hour=hour)


def _amount(chance: Random, habit: Habit) -> int:
    """Draw a price: mostly small, sometimes large, with the ending that such prices have."""
    if habit.key == "cash":
        return chance.choice((5_000, 10_000, 10_000, 15_000, 20_000))
    span = habit.high_minor - habit.low_minor
    drawn = habit.low_minor + int(span * chance.betavariate(1.6, 4.2))
    return drawn // 100 * 100 + habit.ending if habit.ending else drawn


def _refund(today: Day, bought: Movement) -> Movement:
    """Return what the shop gives back days later: all, or half of it where one thing was kept."""
    paid = -bought.flows[0].amount_minor
    amount = paid if today.chance.random() < 0.7 else paid // 2
    purse = today.customer.checking
    back = today.on + timedelta(days=today.chance.randint(*_RETURN_DAYS))
    shop = bought.told.counterparty
    return Movement(
        at=at(back, 10, today.chance.randrange(60)),
        name=f"{bought.name}/refund",
        flows=(
            Flow(purse.key, amount, purse.currency),
            Flow(own(WORLD, purse.currency), -amount, purse.currency),
        ),
        told=Told(f"Refund {shop}", "refunds", shop, PostingKind.CARD),
    )
