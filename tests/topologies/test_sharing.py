"""What makes a share of the reads go on or come back: the other side at the same time."""

import pytest

from extraction.sharing import Side, judge

WELL = Side(answered=1_000, failed=2, p95_ms=50)


@pytest.mark.parametrize(
    "service",
    [
        WELL,
        Side(answered=1_000, failed=11, p95_ms=100),  # a hundredth more, and twice as long
        Side(answered=19, failed=19, p95_ms=10_000),  # too few people to tell
    ],
)
def test_a_service_that_does_no_worse_goes_on(service: Side) -> None:
    assert judge(WELL, service) == ""


def test_a_service_that_fails_more_often_is_taken_back() -> None:
    said = judge(WELL, Side(answered=100, failed=5, p95_ms=10))

    assert said == "the service failed 5.0% of the reads"


def test_a_service_that_is_more_than_twice_as_slow_is_taken_back() -> None:
    said = judge(WELL, Side(answered=100, failed=0, p95_ms=250))

    assert said == "95 of 100 answers took up to 250 ms, in the monolith 50 ms"


def test_a_service_is_not_called_slow_where_the_monolith_has_answered_nobody() -> None:
    assert judge(Side(0, 0, 0), Side(answered=100, failed=0, p95_ms=2_500)) == ""
