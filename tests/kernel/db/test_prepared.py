"""Prepared statements beside Django's own: planned once, watched, and as safe as Django's."""

from collections.abc import Callable
from typing import Any, Final

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connections
from django.test.utils import CaptureQueriesContext

from vortex.db import alias_of, arrays, unit_of_work
from vortex.db.prepared import fetch, held_among
from vortex.ids import new_id

CONTEXT: Final = "accounts"
pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])
_NOTE: Final = """
insert into inbox_seen (consumer, event_id) select 'a test', id from unnest(%(ids)s) as t (id)
returning event_id
"""


def test_a_statement_is_planned_once_for_a_connection():
    for number in (1, 2, 3):
        assert fetch(CONTEXT, "select %(number)s::int + 1 as one_more", {"number": number}) == [
            (number + 1,)
        ]

    planned = fetch(
        CONTEXT,
        "select count(*) from pg_prepared_statements where statement like %(like)s",
        {"like": "%as one_more"},
    )
    assert planned == [(1,)]


def test_whoever_watches_what_django_asks_sees_it():
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    connection = connections[alias_of(CONTEXT)]
    with CaptureQueriesContext(connection) as captured, connection.execute_wrapper(watch):
        fetch(CONTEXT, "select 1", {})

    assert [query["sql"] for query in captured] == seen == ["select 1"]


def test_a_connection_that_died_between_two_requests_is_made_anew():
    connection: Any = connections[alias_of(CONTEXT)]
    ((pid,),) = fetch(CONTEXT, "select pg_backend_pid()", {})
    with psycopg.connect(connection.connection.info.dsn, password=_password(connection)) as other:
        other.execute("select pg_terminate_backend(%s)", (pid,))
    connection.health_check_enabled, connection.health_check_done = True, False

    ((anew,),) = fetch(CONTEXT, "select pg_backend_pid()", {})

    assert anew != pid


def test_what_a_unit_of_work_undoes_is_undone():
    ids = [new_id(), new_id()]

    def fail() -> None:
        with unit_of_work(CONTEXT):
            assert len(fetch(CONTEXT, _NOTE, {"ids": arrays.uuids(ids)})) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert held_among(CONTEXT, ids, table="inbox_seen", column="event_id") == []


def test_errors_are_those_of_django():
    one = {"ids": arrays.uuids([new_id()])}
    with unit_of_work(CONTEXT):
        fetch(CONTEXT, _NOTE, one)

    with pytest.raises(IntegrityError), unit_of_work(CONTEXT):
        fetch(CONTEXT, _NOTE, one)
    with pytest.raises(ProgrammingError):
        fetch(CONTEXT, "select nothing_of_that_name", {})


def test_of_many_those_are_found_that_a_table_holds():
    ids = [new_id() for _ in range(5)]
    with unit_of_work(CONTEXT):
        fetch(CONTEXT, _NOTE, {"ids": arrays.uuids(ids[:2])})

    def held(where: str) -> set[Any]:
        found = held_among(CONTEXT, ids, table="inbox_seen", column="event_id", where=where)
        return set(found)

    assert held("true") == set(ids[:2])
    assert held("consumer = 'another'") == set()
    assert held_among(CONTEXT, [], table="inbox_seen", column="event_id") == []


def _password(connection: Any) -> str:
    return str(connection.settings_dict["PASSWORD"])
