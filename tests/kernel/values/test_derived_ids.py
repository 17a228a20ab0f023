"""A derived id is a UUIDv7 that its instant and names alone decide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vortex.ids import derived_id, new_id

INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - Hypothesis wants it without a zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(INSTANTS, st.lists(st.text(max_size=20), max_size=4))
def test_it_is_a_version_7_uuid_that_carries_its_instant(at: datetime, names: list[str]):
    found = derived_id(at, *names)

    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert found == derived_id(at, *names)


@given(
    INSTANTS, st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3)
)
def test_other_names_give_another_id_however_they_are_cut(
    at: datetime, some: list[str], others: list[str]
):
    assert (derived_id(at, *some) == derived_id(at, *others)) is (some == others)


@given(INSTANTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=9)))
def test_later_sorts_later(at: datetime, after: timedelta):
    assert derived_id(at, "b") < derived_id(at + after, "a")


def test_a_fresh_id_is_a_version_7_uuid_too():
    assert new_id().version == 7


def test_before_1970_there_is_no_such_id():
    with pytest.raises(ValueError, match="1969-12-31"):
        derived_id(datetime(1969, 12, 31, tzinfo=UTC), "a")
