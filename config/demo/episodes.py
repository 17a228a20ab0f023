"""What happens now and then: holidays, dinners shared by friends, a month when money runs short."""

from collections.abc import Iterator
from datetime import date, timedelta

from apps.transactions.contracts import PostingKind
from config.demo.calendar import at, is_payday, months_between
from config.demo.day import Day
from config.demo.merchants import ABROAD
from config.demo.movement import WORLD, Flow, Movement, Told, own
from config.demo.people import CUSTOMERS, Customer, Trip
from config.demo.recurring import LATE_DAYS, LATE_MONTH, LATE_SALARY

_CLARA, _JONAS = "customer1", "customer2"
_BOOKED_AHEAD_DAYS = 75
_RATE_PENCE = 86  # per euro, with the bank's margin in it
_POCKET_MONEY_MINOR = 40_000
_LENT_MINOR = 20_000
_FROM_SAVINGS_MINOR = 30_000
_TREATS = ("Pizza", "Cinema and drinks", "Concert ticket", "Groceries", "Sunday brunch")


def unusual(today: Day, keys: frozenset[str]) -> Iterator[Movement]:
    """Give what is not everyday; `keys` are the customers who take part in the simulation."""
    yield from _travelling(today)
    if today.customer.key in (_CLARA, _JONAS) and keys.issuperset((_CLARA, _JONAS)):
        yield from _friends(today)
        yield from _short_of_money(today)


def trip_of(customer: Customer, day: date) -> Trip | None:
    """Return the trip that a customer is on, if any."""
    for trip in customer.trips:
        for year in (day.year - 1, day.year):
            left = date(year, trip.month, trip.day)
            if left <= day < left + timedelta(days=trip.days):
                return trip
    return None


def _travelling(today: Day) -> Iterator[Movement]:
    for trip in today.customer.trips:
        leaves = (trip.month, trip.day)
        if _month_and_day(today.on, _BOOKED_AHEAD_DAYS) == leaves:
            yield from _booking(today, trip)
        if trip.in_pounds and _month_and_day(today.on, 2) == leaves:
            yield _pounds(today)
    away = trip_of(today.customer, today.on)
    if away is not None:
        yield from _away(today, away)


def _month_and_day(day: date, ahead: int) -> tuple[int, int]:
    later = day + timedelta(days=ahead)
    return later.month, later.day


def _booking(today: Day, trip: Trip) -> Iterator[Movement]:
    for what, payee, amount in (
        ("fare", "Fernreise Direkt", trip.fare_minor),
        ("stay", f"Hotel booking {trip.place}", trip.stay_minor),
    ):
        if amount:
            told = Told(payee, "travel", payee, PostingKind.CARD)
            yield today.paid(f"trip/{what}", today.customer.checking, -amount, told, hour=20)


def _away(today: Day, trip: Trip) -> Iterator[Movement]:
    person = today.customer
    purse = person.purses[2] if trip.in_pounds else person.checking
    for number in range(today.chance.choice((1, 2, 2, 3, 3, 4))):
        shop = f"{today.chance.choice(ABROAD[trip.place])}, {trip.place}"
        amount = 450 + int(6_200 * today.chance.betavariate(1.5, 4.5))
        told = Told(shop, "travel", shop, PostingKind.CARD)
        yield today.paid(f"away/{number}", purse, -amount, told, hour=9 + 3 * number)


def _pounds(today: Day) -> Movement:
    """Return an exchange: euros leave one account, pounds reach another, each balancing apart."""
    person = today.customer
    bought = _POCKET_MONEY_MINOR * _RATE_PENCE // 100
    return Movement(
        at=at(today.on, 19, today.chance.randrange(60)),
        name=today.name("pounds"),
        flows=(
            Flow(person.checking.key, -_POCKET_MONEY_MINOR, "EUR"),
            Flow(own(WORLD, "EUR"), _POCKET_MONEY_MINOR, "EUR"),
            Flow(person.purses[2].key, bought, "GBP"),
            Flow(own(WORLD, "GBP"), -bought, "GBP"),
        ),
        told=Told(f"EUR to GBP at 0.{_RATE_PENCE}", "transfers", person.full_name),
    )


def _friends(today: Day) -> Iterator[Movement]:
    """One of the two paid for both; the other sends the half."""
    me, friend = _pair(today)
    if today.on.weekday() in (5, 6) and today.chance.random() < 0.16:
        amount = today.chance.randint(9, 38) * 100 + today.chance.choice((0, 0, 50, 25))
        told = Told(today.chance.choice(_TREATS), "transfers", friend.full_name)
        yield today.moved("friend", me.checking, friend.checking, amount, told, hour=20)


def _short_of_money(today: Day) -> Iterator[Movement]:
    """The salary is late: savings are touched, a friend lends, and is paid back with the salary."""
    me, friend = _pair(today)
    is_late = me.key == LATE_SALARY
    if _due_before(today, 2) and is_late:
        told = Told("Until the salary comes", "savings", me.full_name)
        yield today.moved("relief", me.savings, me.checking, _FROM_SAVINGS_MINOR, told, hour=8)
    if _due_before(today, 2) and not is_late:
        told = Told("Lent until payday", "transfers", friend.full_name)
        yield today.moved("lent", me.checking, friend.checking, _LENT_MINOR, told, hour=18)
    if _due_before(today, LATE_DAYS + 2) and is_late:
        told = Told("Thank you! Paid back", "transfers", friend.full_name)
        yield today.moved("repaid", me.checking, friend.checking, _LENT_MINOR, told, hour=18)


def _due_before(today: Day, days: int) -> bool:
    """Say whether the salary that came late was due that many days ago."""
    due = today.on - timedelta(days=days)
    in_month = months_between(today.life.start, due) == LATE_MONTH
    return in_month and is_payday(due, _person(LATE_SALARY).payday)


def _pair(today: Day) -> tuple[Customer, Customer]:
    other = _JONAS if today.customer.key == _CLARA else _CLARA
    return today.customer, _person(other)


def _person(key: str) -> Customer:
    return next(person for person in CUSTOMERS if person.key == key)
