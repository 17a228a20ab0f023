"""Columns reach PostgreSQL as they were: what it reads back is what was encoded."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vortex.db import alias_of, arrays
from vortex.db.arrays import ColumnCursor

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

Encode = Callable[[Any], Any]

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
# PostgreSQL keeps no instant before its own beginning of time, and Python none after year 9999.
instants = st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
columns: dict[str, tuple[Encode, st.SearchStrategy[Any]]] = {
    "uuid[]": (arrays.uuids, st.uuids()),
    "text[]": (arrays.texts, words),
    "bytea[]": (arrays.octets, st.binary(max_size=40)),
    "int[]": (arrays.integers, st.integers(-(2**31), 2**31 - 1)),
    "bigint[]": (arrays.big_integers, st.integers(-(2**63), 2**63 - 1)),
}
columns_with_nulls: dict[str, tuple[Encode, st.SearchStrategy[Any]]] = {
    "uuid[]": (arrays.uuids_or_nulls, st.uuids()),
    "int[]": (arrays.integers_or_nulls, st.integers(-(2**31), 2**31 - 1)),
    "date[]": (arrays.dates_or_nulls, st.dates(date(1, 1, 1))),
    "timestamptz[]": (arrays.instants_or_nulls, instants),
}
relaxed = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_back(column: Any, kind: str) -> Any:
    """Return the column as PostgreSQL has understood it."""
    connection = connections[alias_of("transactions")]
    connection.ensure_connection()
    with ColumnCursor(connection.connection) as cursor:
        row = cursor.execute(f"select %s::{kind}", [column], binary=True).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("kind", columns)
@relaxed
@given(data=st.data())
def test_a_column_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    encode, elements = columns[kind]
    values = data.draw(st.lists(elements, max_size=8))

    assert read_back(encode(values), kind) == values


@pytest.mark.parametrize("kind", columns_with_nulls)
@relaxed
@given(data=st.data())
def test_a_column_with_gaps_is_read_with_its_gaps(kind: str, data: st.DataObject) -> None:
    encode, elements = columns_with_nulls[kind]
    values = data.draw(st.lists(st.none() | elements, max_size=8))

    expected = values if any(value is not None for value in values) else None
    assert read_back(encode(values), kind) == expected
