"""The proof counts an event that one of those who hear its kind has not heard."""

from tests.topologies.numbers import unheard

SAID = {"1": "posted", "2": "posted", "3": "opened"}


def test_an_event_that_one_of_two_hearers_has_not_is_counted() -> None:
    heard = [("chain", "1"), ("chain", "2"), ("news", "1")]

    assert unheard(SAID, heard) == 1


def test_a_kind_that_nobody_hears_and_what_others_said_are_not_counted() -> None:
    heard = [("chain", "1"), ("chain", "2"), ("chain", "of another context")]

    assert unheard(SAID, heard) == 0
