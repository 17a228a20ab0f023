"""What comes back: income, rent, bills, savings, interest, fees."""

from collections.abc import Iterator
from datetime import date, timedelta

from apps.transactions.contracts import PostingKind
from config.demo.calendar import is_due, is_last_of_month, is_payday, months_between
from config.demo.day import Day
from config.demo.movement import FEES, INTEREST, Movement, Told
from config.demo.people import CUSTOMERS, Bill, Purse

LATE_SALARY = "customer2"  # whose employer pays late once
LATE_MONTH = 16  # months after the start
LATE_DAYS = 9

_SAVINGS_RATE = 175  # basis points a year
_OVERDRAFT_RATE = 1_090
_ACCOUNT_FEE_MINOR = 390
_RAISE_PERCENT = 3
_RAISE_MONTH = 4
_BONUS_MONTH = 11
_DAYS_OF_YEAR = 365


def opening(today: Day) -> Iterator[Movement]:
    """Bring along what was on the accounts at a former bank."""
    told = Told(
        *("Transfer from former bank", "transfers", today.customer.full_name), PostingKind.DEPOSIT
    )
    for purse in today.customer.purses:
        if purse.opening_minor:
            yield today.paid(f"opening/{purse.key}", purse, purse.opening_minor, told, hour=1)


def regular(today: Day) -> Iterator[Movement]:
    """Give everything that is due today by arrangement."""
    yield from _income(today)
    yield from _bills(today)
    yield from _savings(today)
    yield from _bank(today)


def _income(today: Day) -> Iterator[Movement]:
    person, day = today.customer, today.on
    due = day - timedelta(days=LATE_DAYS)
    if not _was_late(today, due):
        due = day
        if not is_payday(due, person.payday) or _was_late(today, due):
            return
    amount = _income_minor(today, due)
    word, category = ("Pension", "income") if person.is_pensioner else ("Salary", "salary")
    told = Told(f"{word} {due:%B %Y}", category, person.employer, PostingKind.DEPOSIT)
    yield today.paid("income", person.checking, amount, told, hour=5)
    if person.thirteenth and due.month == _BONUS_MONTH:
        named = f"Thirteenth salary {due.year}"
        told = Told(named, category, person.employer, PostingKind.DEPOSIT)
        yield today.paid("bonus", person.checking, amount * 9 // 10, told, hour=5)


def _was_late(today: Day, due: date) -> bool:
    """Say whether the salary due on a day was the one that came late."""
    person = today.customer
    in_month = months_between(today.life.start, due) == LATE_MONTH
    return person.key == LATE_SALARY and in_month and is_payday(due, person.payday)


def _income_minor(today: Day, due: date) -> int:
    """Return an income after the rise of every April since the start."""
    start = today.life.start
    rises = due.year - start.year + (due.month >= _RAISE_MONTH) - (start.month >= _RAISE_MONTH)
    amount = today.customer.income_minor
    for _ in range(rises):
        amount += amount * _RAISE_PERCENT // 100
    return amount


def _bills(today: Day) -> Iterator[Movement]:
    for bill in today.customer.bills:
        if is_due(today.on, bill.day) and today.on.month in bill.months:
            kind = PostingKind.CARD if bill.by_card else PostingKind.TRANSFER
            told = Told(bill.description, bill.category, bill.payee, kind)
            purse, price, what = today.customer.checking, _price(bill, today), f"bill/{bill.key}"
            if bill.to:
                yield today.moved(what, purse, _payee(bill), price, told, hour=7)
            else:
                yield today.paid(what, purse, -price, told, hour=7)


def _payee(bill: Bill) -> Purse:
    return next(person.checking for person in CUSTOMERS if person.key == bill.to)


def _price(bill: Bill, today: Day) -> int:
    risen = bill.rises_after and months_between(today.life.start, today.on) >= bill.rises_after
    amount = bill.amount_minor * (100 + bill.rise_percent) // 100 if risen else bill.amount_minor
    if bill.key == "power":  # more is used when it is dark
        amount += amount * abs(today.on.month - 7) // 40
    return amount


def _savings(today: Day) -> Iterator[Movement]:
    person, balance = today.customer, today.balance_minor
    needed = person.income_minor // 4 // 5_000 * 5_000
    is_low = balance < needed and today.life.balances[person.savings.key] >= needed
    if is_low and person.key != LATE_SALARY:  # whose lean month would not be one otherwise
        told = Told("Top up from savings", "savings", person.full_name)
        yield today.moved("topup", person.savings, person.checking, needed, told, hour=6)
    if not is_due(today.on, 2) or balance < person.saves_minor + 3 * person.income_minor // 5:
        return
    # What has piled up over an income and a tenth is put aside as well, in hundreds.
    extra = max(0, balance - 11 * person.income_minor // 10) // 10_000 * 10_000
    for what, amount, words in (
        ("saving", person.saves_minor, "Standing order savings"),
        ("extra", extra, "Put aside"),
    ):
        if amount:
            told = Told(words, "savings", person.full_name)
            yield today.moved(what, person.checking, person.savings, amount, told, hour=6)


def _bank(today: Day) -> Iterator[Movement]:
    """Give interest and fees, which the bank books on the last evening of a month."""
    if not is_last_of_month(today.on):
        return
    person = today.customer
    saved = today.life.balances[person.savings.key]
    interest = saved * _SAVINGS_RATE * today.on.day // (_DAYS_OF_YEAR * 10_000)
    if interest:
        yield _booked(today, "interest", person.savings, interest, "Interest")
    owed = max(0, -today.balance_minor) * _OVERDRAFT_RATE * 12 // (_DAYS_OF_YEAR * 10_000)
    if owed:
        yield _booked(today, "overdraft", person.checking, -owed, "Overdraft interest")
    if today.on.month % 3 == 0:
        yield _booked(today, "fee", person.checking, -_ACCOUNT_FEE_MINOR, "Account fee, quarterly")


def _booked(today: Day, what: str, purse: Purse, amount_minor: int, words: str) -> Movement:
    """Return a booking of the bank's own, which counts from the first of the next month."""
    is_fee = what == "fee"
    told = Told(
        description=words,
        category="interest" if amount_minor > 0 else "fees",
        counterparty="VortexCore",
        kind=PostingKind.FEE if is_fee else PostingKind.INTEREST,
    )
    return today.paid(
        what,
        purse,
        amount_minor,
        told,
        hour=22,
        against=FEES if is_fee else INTEREST,
        effective_date=today.on + timedelta(days=1),
    )
