"""The order within a day is found from balances alone, and differences are explained or not."""

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.domain.agreement import Comparison, TrueBalance, Verdict
from apps.transactions.domain.running_balance import NoOrderError, Step, order_by_balance

AMOUNTS = st.integers(-10_000, 10_000).filter(bool)


def chain(opening: int, amounts: list[int]) -> list[Step]:
    """Return the steps that a bank without rounding prints."""
    steps, balance = [], opening
    for amount in amounts:
        balance += amount
        steps.append(Step(amount, balance))
    return steps


def misses(opening: int, steps: list[Step]) -> list[int]:
    """Return by how much each step misses the balance before it."""
    found = []
    for step in steps:
        found.append(abs(opening + step.amount_minor - step.balance_minor))
        opening = step.balance_minor
    return found


@given(
    st.integers(-10_000, 10_000), st.lists(AMOUNTS, max_size=9), st.randoms(use_true_random=False)
)
def test_a_shuffled_day_is_put_back_into_an_order_that_reproduces_every_balance(
    opening: int, amounts: list[int], chance: random.Random
):
    steps = chain(opening, amounts)
    chance.shuffle(steps)

    order = order_by_balance(opening, steps, tolerance_minor=0)

    assert sorted(order) == list(range(len(steps)))
    assert not any(misses(opening, [steps[place] for place in order]))


@given(
    st.lists(st.tuples(AMOUNTS, st.integers(-10, 10)), max_size=5),
    st.randoms(use_true_random=False),
)
def test_among_all_orders_the_one_with_the_least_sum_of_misses_is_found(
    printed: list[tuple[int, int]], chance: random.Random
):
    steps, balance = [], 0
    for amount, rounding in printed:
        balance += amount + rounding
        steps.append(Step(amount, balance))
    chance.shuffle(steps)

    order = order_by_balance(0, steps, tolerance_minor=10)

    possible = [misses(0, list(some)) for some in permutations(steps)]
    least = min(sum(some) for some in possible if max(some, default=0) <= 10)
    assert sum(misses(0, [steps[place] for place in order])) == least


def test_identical_movements_keep_the_order_of_the_file():
    steps = [Step(100, 200), Step(100, 100), Step(-100, 100), Step(100, 200)]

    order = order_by_balance(0, steps, tolerance_minor=0)

    assert order == (1, 0, 2, 3)


def test_a_hundred_movements_to_and_fro_are_ordered_at_once():
    steps = [Step(100, 100), Step(-100, 0)] * 50

    order = order_by_balance(0, steps, tolerance_minor=0)

    assert not any(misses(0, [steps[place] for place in order]))


def test_a_movement_that_fits_nowhere_has_no_order():
    with pytest.raises(NoOrderError, match="no order"):
        order_by_balance(0, [Step(100, 100), Step(50, 170)], tolerance_minor=10)


def test_a_day_with_no_end_of_orders_is_given_up_instead_of_searched_for_ever():
    steps = [Step(amount, 0) for amount in range(1, 30)]

    with pytest.raises(NoOrderError, match="too many"):
        order_by_balance(0, steps, tolerance_minor=100)


def test_a_balance_equal_to_the_banks_is_exact_and_one_beside_it_is_not():
    comparison = Comparison(step_minor=10)

    first = comparison.judge(amount_minor=500, ours_minor=500, theirs_minor=500, rounded=False)
    second = comparison.judge(amount_minor=100, ours_minor=600, theirs_minor=620, rounded=False)

    assert (first, second) == (Verdict.EXACT, Verdict.UNEXPLAINED)


def test_interest_printed_rounded_explains_the_difference_it_leaves_for_good():
    comparison = Comparison(step_minor=10)

    comparison.judge(amount_minor=1_000, ours_minor=1_000, theirs_minor=1_000, rounded=False)
    interest = comparison.judge(amount_minor=40, ours_minor=1_040, theirs_minor=1_050, rounded=True)
    later = comparison.judge(amount_minor=-500, ours_minor=540, theirs_minor=550, rounded=False)

    assert (interest, later) == (Verdict.ROUNDED, Verdict.ROUNDED)


def test_rounding_explains_half_a_step_for_each_interest_and_no_more():
    comparison = Comparison(step_minor=10)

    verdict = comparison.judge(amount_minor=40, ours_minor=40, theirs_minor=60, rounded=True)

    assert verdict is Verdict.UNEXPLAINED


def test_a_small_difference_without_interest_is_unexplained():
    comparison = Comparison(step_minor=10)

    comparison.judge(amount_minor=1_000, ours_minor=1_000, theirs_minor=1_000, rounded=False)
    verdict = comparison.judge(amount_minor=50, ours_minor=1_050, theirs_minor=1_060, rounded=False)

    assert verdict is Verdict.UNEXPLAINED


def test_a_balance_of_ours_that_is_not_the_sum_is_unexplained_by_a_single_cent():
    comparison = Comparison(step_minor=10)

    verdict = comparison.judge(amount_minor=40, ours_minor=41, theirs_minor=40, rounded=True)

    assert verdict is Verdict.UNEXPLAINED


@given(st.lists(st.tuples(st.integers(-5_000, 5_000), st.booleans()), max_size=60), st.data())
def test_no_history_of_a_bank_that_rounds_is_called_unexplained(
    moves: list[tuple[int, bool]], data: st.DataObject
):
    comparison, true, ours = Comparison(step_minor=10), 0, 0
    for tens, rounded in moves:
        fraction = data.draw(st.integers(-5, 5)) if rounded else 0
        true += tens * 10 + fraction
        ours += tens * 10
        printed = (true + data.draw(st.sampled_from([4, 5]))) // 10 * 10

        verdict = comparison.judge(
            amount_minor=tens * 10, ours_minor=ours, theirs_minor=printed, rounded=rounded
        )

        assert verdict is (Verdict.EXACT if ours == printed else Verdict.ROUNDED)


def test_one_broken_movement_is_counted_once():
    balance = TrueBalance(step_minor=10)

    assert not balance.follow(100, 300, rounded=False)
    assert balance.follow(100, 400, rounded=False)
