"""The ASVS page says what the tests prove, and leaves no cell empty."""

from tests import asvs


def test_every_requirement_is_proved_or_answered_for_and_the_page_is_fresh() -> None:
    assert asvs.PAGE.read_text() == asvs.page(), "run `python -m tests.asvs`"


def test_no_requirement_has_both_a_test_and_an_excuse() -> None:
    assert set(asvs.proofs()).isdisjoint(asvs.reasons())
