"""A breaker counts failures in a row, lets nothing through while open, tries one call at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
import time_machine

from vortex.clock import now
from vortex.errors import NotFound, Unavailable
from vortex.rpc.breaker import FAILURES_TO_OPEN, Breaker, CalleeFailed, CircuitOpen


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(CalleeFailed), breaker.guarded():
            raise CalleeFailed(Unavailable(), may_retry=False)


@contextmanager
def rested() -> Iterator[None]:
    with time_machine.travel(now() + timedelta(seconds=6), tick=False):
        yield


def test_it_opens_after_five_failures_in_a_row() -> None:
    breaker = Breaker("sample.Warehouse.stock")

    fail(breaker, FAILURES_TO_OPEN)

    with pytest.raises(CircuitOpen) as refused, breaker.guarded():
        raise AssertionError("nothing runs while the circuit is open")
    assert refused.value.facts == {"operation": "sample.Warehouse.stock"}


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker("sample.Warehouse.stock")

    for _ in range(3):
        fail(breaker, FAILURES_TO_OPEN - 1)
        with breaker.guarded():
            pass


def test_a_refusal_is_an_answer_and_no_failure() -> None:
    breaker = Breaker("sample.Warehouse.stock")

    for _ in range(FAILURES_TO_OPEN * 2):
        with pytest.raises(NotFound), breaker.guarded():
            raise NotFound


def test_after_a_rest_one_trial_at_a_time_goes_through() -> None:
    breaker = Breaker("sample.Warehouse.stock")
    fail(breaker, FAILURES_TO_OPEN)

    with rested(), breaker.guarded(), pytest.raises(CircuitOpen), breaker.guarded():
        raise AssertionError("a second trial must not run beside the first")


def test_a_trial_that_succeeds_closes_the_circuit_for_all() -> None:
    breaker = Breaker("sample.Warehouse.stock")
    fail(breaker, FAILURES_TO_OPEN)

    with rested(), breaker.guarded():
        pass

    with ExitStack() as calls:
        for _ in range(3):
            calls.enter_context(breaker.guarded())


def test_a_trial_that_fails_opens_it_for_another_rest() -> None:
    breaker = Breaker("sample.Warehouse.stock")
    fail(breaker, FAILURES_TO_OPEN)

    with rested():
        fail(breaker)

        with pytest.raises(CircuitOpen), breaker.guarded():
            raise AssertionError("it has just failed again")


def test_a_late_failure_does_not_disturb_an_open_circuit() -> None:
    breaker = Breaker("sample.Warehouse.stock")
    late = breaker.guarded()
    late.__enter__()
    fail(breaker, FAILURES_TO_OPEN)

    assert late.__exit__(None, None, None) is not True

    with pytest.raises(CircuitOpen), breaker.guarded():
        raise AssertionError("an old success says nothing about now")
