"""The simulated households: the same for ever, within their means, and recognisable as lives."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile

import pytest

from apps.transactions.contracts import CATEGORIES, PostingKind
from config.demo.bank import Demonstration
from config.demo.calendar import at, is_due, is_payday, years_before
from config.demo.life import simulate
from config.demo.movement import Movement
from config.demo.people import CUSTOMERS, QUICK

START = date(2024, 11, 22)
UNTIL = datetime(2026, 11, 22, 13, tzinfo=UTC)
CLARA, JONAS = CUSTOMERS[:2]


@pytest.fixture(scope="module")
def lives() -> list[Movement]:
    return list(simulate(CUSTOMERS, seed=2026, start=START, until=UNTIL))


def touching(lives: list[Movement], account: str) -> list[tuple[Movement, int]]:
    """Return the movements of an account with what each adds to it."""
    return [
        (movement, flow.amount_minor)
        for movement in lives
        for flow in movement.flows
        if flow.account == account
    ]


def test_the_same_seed_gives_the_same_lives_and_another_seed_others(lives: list[Movement]):
    quick = CUSTOMERS[:QUICK]
    month = at(START, 0) + timedelta(days=31)

    again = list(simulate(CUSTOMERS, seed=2026, start=START, until=month))
    other = list(simulate(quick, seed=7, start=START, until=month))

    assert again == list(takewhile(lambda movement: movement.at <= month, lives))
    assert other != list(simulate(quick, seed=2026, start=START, until=month))


def test_a_later_end_only_adds(lives: list[Movement]):
    for until in (at(date(2025, 3, 1), 11, 17), at(date(2025, 12, 24), 0)):
        shorter = list(simulate(CUSTOMERS, seed=2026, start=START, until=until))

        assert lives[: len(shorter)] == shorter
        assert lives[len(shorter)].at > until


def test_the_first_two_live_as_they_do_among_all(lives: list[Movement]):
    keys = tuple(person.key for person in CUSTOMERS[:QUICK])

    alone = list(simulate(CUSTOMERS[:QUICK], seed=2026, start=START, until=UNTIL))

    assert alone == [movement for movement in lives if movement.name.startswith(keys)]


def test_movements_come_in_order_of_time_each_with_a_name_of_its_own(lives: list[Movement]):
    assert [movement.at for movement in lives] == sorted(movement.at for movement in lives)
    assert len({movement.name for movement in lives}) == len(lives)
    assert lives[-1].at <= UNTIL


def test_every_movement_balances_in_every_currency(lives: list[Movement]):
    for movement in lives:
        sums: Counter[str] = Counter()
        for flow in movement.flows:
            assert flow.amount_minor
            sums[flow.currency] += flow.amount_minor
        assert not any(sums.values()), movement.name
        assert len({flow.account for flow in movement.flows}) == len(movement.flows)


def test_nobody_ever_passes_the_limit_of_an_account(lives: list[Movement]):
    limits = {p.key: p.overdraft_minor for person in CUSTOMERS for p in person.purses}
    balances: Counter[str] = Counter()

    for movement in lives:
        for flow in movement.flows:
            balances[flow.account] += flow.amount_minor
            if flow.account in limits:
                assert balances[flow.account] >= -limits[flow.account], movement.name


@pytest.mark.parametrize("start", [date(2024, 2, 29), date(2025, 8, 13), date(2026, 1, 1)])
def test_whenever_the_bank_opens_its_first_customer_has_money_to_try_things_with(start: date):
    balance = 0
    until = at(start + timedelta(days=730), 12)

    for movement, amount in touching(
        list(simulate(CUSTOMERS[:QUICK], seed=2026, start=start, until=until)), CLARA.checking.key
    ):
        balance += amount
        assert balance >= 5_000, movement.name


def test_two_years_are_a_demonstrations_worth(lives: list[Movement]):
    assert 12 <= len(CUSTOMERS) <= 20
    assert 15_000 <= len(lives) <= 25_000
    currencies = Counter(person.currency for person in CUSTOMERS)
    assert currencies["EUR"] > currencies["GBP"] >= 2


def test_the_categories_are_those_that_customers_have(lives: list[Movement]):
    used = {movement.told.category for movement in lives}

    assert used <= set(CATEGORIES)
    assert len(used) >= 20


def test_salaries_come_monthly_rise_and_have_a_thirteenth(lives: list[Movement]):
    salaries = [
        amount
        for movement, amount in touching(lives, CLARA.checking.key)
        if movement.told.description.startswith("Salary")
    ]
    bonuses = [m for m, _ in touching(lives, CLARA.checking.key) if m.name.endswith("/bonus")]

    assert len(salaries) == 24
    assert salaries == sorted(salaries)
    assert len(set(salaries)) == 3
    assert len(bonuses) == 2


def test_a_salary_that_comes_late_leaves_its_month_short_of_money(lives: list[Movement]):
    days = [
        m.at.date() for m, _ in touching(lives, JONAS.checking.key) if m.name.endswith("/income")
    ]
    gaps = [(after - before).days for before, after in pairwise(days)]
    told = {m.told.description for m, _ in touching(lives, JONAS.checking.key)}

    assert max(gaps) > 36
    assert {"Until the salary comes", "Lent until payday", "Thank you! Paid back"} <= told


def test_prices_rise_and_things_are_sent_back(lives: list[Movement]):
    prices = {
        -amount
        for movement, amount in touching(lives, CLARA.checking.key)
        if movement.name.endswith("bill/streaming")
    }
    refunds = [movement for movement in lives if movement.told.category == "refunds"]

    assert len(prices) == 2
    assert len(refunds) > 20
    assert all("/refund" in movement.name for movement in refunds)


def test_the_seasons_show(lives: list[Movement]):
    by_month: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for movement in lives:
        by_month[movement.told.category][movement.at.month] += 1

    assert by_month["gifts"].most_common(1)[0][0] == 12
    assert by_month["travel"][7] + by_month["travel"][8] > by_month["travel"][3]
    saturdays = Counter(m.at.weekday() for m in lives if m.told.category == "groceries")
    assert saturdays[5] > 2 * saturdays[6]


def test_pounds_are_bought_before_the_journey_and_balance_apart(lives: list[Movement]):
    exchanges = [movement for movement in lives if movement.name.endswith("/pounds")]

    assert exchanges
    for exchange in exchanges:
        assert {flow.currency for flow in exchange.flows} == {"EUR", "GBP"}


def test_interest_counts_from_another_day_than_the_one_it_is_booked_on(lives: list[Movement]):
    booked = [movement for movement in lives if movement.told.kind is PostingKind.INTEREST]

    assert booked
    assert all(movement.effective_date == movement.at.date() + timedelta(1) for movement in booked)


def test_wages_come_before_a_weekend_and_bills_after_it():
    assert is_payday(date(2026, 2, 27), 28)  # the 28th is a Saturday
    assert not is_payday(date(2026, 2, 28), 28)
    assert is_due(date(2026, 3, 2), 1)  # the 1st is a Sunday
    assert not is_due(date(2026, 3, 1), 1)
    assert is_due(date(2026, 6, 1), 31)  # 31 May is a Sunday
    assert years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)


def test_ids_depend_on_seed_start_and_name_alone():
    demo = Demonstration(2026, START, CUSTOMERS)

    assert demo.id_of("user", "a") == Demonstration(2026, START, ()).id_of("user", "a")
    assert demo.id_of("user", "a") != Demonstration(2027, START, ()).id_of("user", "a")
    assert demo.id_of("user", "a") != demo.id_of("user", "b")
    assert demo.id_of("user", "a").version == 7


def test_what_is_posted_up_to_an_instant_is_not_sent_again(lives: list[Movement]):
    demo = Demonstration(2026, START, CUSTOMERS)
    yesterday = UNTIL - timedelta(days=1)

    fresh = demo.movements(UNTIL, yesterday)

    assert fresh == [movement for movement in lives if movement.at > yesterday]
    assert 0 < len(fresh) < 100
