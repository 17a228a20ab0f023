"""A list is read to its end once, whatever is added meanwhile and wherever the pages break."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from vortex.clock import now
from vortex.http.pagination import CursorPage, page_of, window
from vortex.http.refusals import InvalidCursor, InvalidLimit
from vortex.idempotency.models import Remembered
from vortex.ids import new_id

pytestmark = pytest.mark.servers

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class View(APIView):
    page_order = ("-created_at", "caller", "-key")


def asked(**query: Any) -> Request:
    return Request(APIRequestFactory().get("/", query))


def pages(queryset, limit: int) -> list[list[Any]]:
    """Read a list to its end and return its pages."""
    found, cursor = [], None
    while True:
        paginator = CursorPage()
        query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        rows = paginator.paginate_queryset(queryset, asked(**query), View())
        found.append(rows)
        cursor = paginator.get_paginated_response([]).data["next_cursor"]
        if cursor is None:
            return found


def remember(*, caller: str, key: str, minutes: int = 0) -> Remembered:
    return Remembered.objects.using("accounts").create(
        caller=caller,
        key=key,
        request_hash=b"",
        status=200,
        body=b"",
        created_at=BEGIN + timedelta(minutes=minutes),
    )


@pytest.mark.django_db(databases=["accounts"])
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.sets(
        st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.sampled_from("xyz")), max_size=20
    ),
    limit=st.integers(1, 7),
)
def test_all_rows_come_once_and_in_order_wherever_the_pages_break(rows, limit):
    everything = Remembered.objects.using("accounts")
    everything.all().delete()
    kept = {(caller, key): minutes for minutes, caller, key in rows}
    for (caller, key), minutes in kept.items():
        remember(caller=caller, key=key, minutes=minutes)

    read = [row for page in pages(everything.all(), limit) for row in page]

    expected = sorted(
        ((-minutes, caller, [-ord(key)]), (caller, key)) for (caller, key), minutes in kept.items()
    )
    assert [(row.caller, row.key) for row in read] == [name for _, name in expected]


@pytest.mark.django_db(databases=["accounts"])
def test_rows_that_come_meanwhile_neither_repeat_nor_hide_others():
    queryset = Remembered.objects.using("accounts").all()
    for number in range(6):
        remember(caller="a", key=str(number), minutes=number)
    paginator = CursorPage()
    first = paginator.paginate_queryset(queryset, asked(limit=3), View())
    cursor = paginator.get_paginated_response([]).data["next_cursor"]

    remember(caller="a", key="newer", minutes=99)
    second = CursorPage().paginate_queryset(queryset, asked(limit=3, cursor=cursor), View())

    assert [row.key for row in first + second] == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.django_db(databases=["accounts"])
def test_a_full_last_page_promises_no_other():
    for number in range(4):
        remember(caller="a", key=str(number))

    found = pages(Remembered.objects.using("accounts").all(), 2)

    assert [len(page) for page in found] == [2, 2]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "many", "1e2", "９", "9" * 50])
def test_a_limit_beyond_reason_is_refused_and_not_cut(limit):
    with pytest.raises(InvalidLimit) as refusal:
        window(asked(limit=limit), order="x", types=(UUID,))

    assert refusal.value.facts["max"] == 200


def test_the_limit_is_fifty_and_at_most_two_hundred():
    assert window(asked(), order="x", types=(UUID,)).limit == 50
    assert window(asked(limit="200"), order="x", types=(UUID,)).limit == 200


def test_a_selector_pages_by_its_own_keys():
    rows = [(now(), new_id(), number) for number in range(5)]
    types = (datetime, UUID, int)

    first = page_of(rows, window(asked(limit=4), order="rows", types=types), key=lambda row: row)
    following = window(asked(cursor=first.next_cursor), order="rows", types=types)

    assert first.items == rows[:4]
    assert following.after == rows[3]
    assert page_of(rows[4:], following, key=lambda row: row).next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "é", "%00", "=" * 10, "A" * 5000, "null", "👍", "gA=="]
)
def test_a_cursor_that_is_garbage_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        window(asked(cursor=cursor), order="rows", types=(datetime, UUID))


@given(st.text(max_size=60))
def test_no_text_makes_a_cursor_crash(text):
    if not text:
        return
    with suppress(InvalidCursor):
        window(asked(cursor=text), order="rows", types=(datetime, UUID))


def test_a_cursor_of_another_list_is_refused():
    rows = [(new_id(),), (new_id(),)]
    theirs = page_of(
        rows, window(asked(limit=1), order="theirs", types=(UUID,)), key=lambda row: row
    )

    with pytest.raises(InvalidCursor):
        window(asked(cursor=theirs.next_cursor), order="ours", types=(UUID,))


@pytest.mark.django_db(databases=["accounts"])
def test_a_cursor_whose_values_are_no_values_of_the_columns_is_refused():
    label = f"{Remembered._meta.label_lower} by {','.join(View.page_order)}"
    rows = [("not a date", "a", "b"), ("c", "d", "e")]
    forged = page_of(
        rows, window(asked(limit=1), order=label, types=(str, str, str)), key=lambda row: row
    )

    with pytest.raises(InvalidCursor):
        CursorPage().paginate_queryset(
            Remembered.objects.using("accounts").all(), asked(cursor=forged.next_cursor), View()
        )


def test_a_wrong_cursor_is_a_422_with_a_code(client):
    from vortex.http.problem import problem

    assert problem(InvalidCursor()).status_code == problem(InvalidLimit()).status_code == 422
