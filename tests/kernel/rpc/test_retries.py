"""Retries never add more than a tenth to the load of a callee, and come back spread apart."""

from hypothesis import given
from hypothesis import strategies as st

from vortex.rpc.retries import RetryBudget, wait_seconds


@given(st.lists(st.booleans(), max_size=400))
def test_retries_are_a_tenth_of_the_calls_and_the_reserve_at_most(events: list[bool]) -> None:
    budget = RetryBudget(ratio=0.1, reserve=10)
    calls = retries = 0

    for is_call in events:
        if is_call:
            calls += 1
            budget.earn()
        else:
            retries += budget.spend()

        assert retries <= 10 + calls * 0.1 + 1e-9


def test_a_budget_that_rested_holds_its_reserve_and_no_more() -> None:
    budget = RetryBudget(ratio=0.1, reserve=2)

    for _ in range(1000):
        budget.earn()

    assert [budget.spend() for _ in range(3)] == [True, True, False]


@given(st.integers(1, 30))
def test_a_wait_is_bounded_and_grows_with_the_attempts(attempt: int) -> None:
    waits = [wait_seconds(attempt) for _ in range(20)]

    assert all(0 <= wait <= min(0.25, 0.025 * 2 ** (attempt - 1)) for wait in waits)
    assert len(set(waits)) > 1
