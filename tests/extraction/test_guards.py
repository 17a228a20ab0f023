"""DDL is refused before it waits for anybody, and what gets past the freeze is found out."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connections

from extraction import guards
from extraction.database import connect
from extraction.schemas import apart, state

CONTEXT, TABLE = "accounts", "guards_sample"
committing = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

Connection = psycopg.Connection[Any]


@pytest.fixture
def url(transactional_db: None) -> str:
    name = connections[CONTEXT].settings_dict["NAME"]
    return urlunsplit(urlsplit(os.environ["VORTEX_TEST_ADMIN_URL"])._replace(path=f"/{name}"))


@pytest.fixture
def mover(url: str) -> Iterator[Connection]:
    """The mover's own connection, with a guarded table and DDL frozen."""
    side = connect(url)
    side.execute(f"create table {TABLE} (id int primary key, note text)".encode())
    guards.install(side, CONTEXT, [TABLE])
    guards.freeze(side)
    try:
        yield side
    finally:
        guards.remove(side)
        side.execute(f"drop table {TABLE}".encode())
        side.close()


@pytest.fixture
def somebody(url: str, mover: Connection) -> Iterator[Connection]:
    """A superuser who is not the mover, and who waits for a second at most."""
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("set lock_timeout = '1s'")
        yield opened


DDL = (
    f"alter table {TABLE} add column more text",
    f"create index guards_more on {TABLE} (note)",
    f"drop table {TABLE}",
    f"create trigger more before insert on {TABLE} execute function extraction_guard()",
)


@committing
@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("statement", DDL)
def test_ddl_is_refused_before_it_waits_for_those_who_read_the_table(
    mover: Connection, somebody: Connection, statement: str, role: str
) -> None:
    somebody.execute(f"set session_replication_role = {role}".encode())
    with mover.transaction():
        mover.execute(f"lock table {TABLE} in share row exclusive mode".encode())
        with pytest.raises(psycopg.Error, match="DDL is not replicated") as refused:
            somebody.execute(statement.encode())

    assert refused.value.sqlstate == "VX005"
    assert "rollback CONTEXT --for-good" in str(refused.value.diag.message_hint)


@committing
def test_temporary_tables_are_nobodys_business(somebody: Connection) -> None:
    somebody.execute("create temp table mine (id int)")
    somebody.execute("alter table mine add column more text")
    somebody.execute("drop table mine")


@committing
def test_a_freeze_that_is_switched_off_is_none(mover: Connection, somebody: Connection) -> None:
    before = guards.frozen(mover)
    somebody.execute("alter event trigger extraction_early disable")
    after = guards.frozen(mover)
    guards.freeze(mover)

    assert (before, after, guards.frozen(mover)) == (True, False, True)


CHANGES = {
    f"alter table {TABLE} add column more text": "column more text",
    f"alter table {TABLE} alter note set not null": "column note text not null",
    f"alter table {TABLE} alter note set default 'x'": "column note text default 'x'::text",
    f"alter table {TABLE} add check (id > 0)": "CHECK ((id > 0))",
    f"create index guards_more on {TABLE} (note)": "CREATE INDEX guards_more",
    f"create trigger more before insert on {TABLE} for each row"
    " execute function topology_more()": "CREATE TRIGGER more",
}


@committing
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_one_side_has_and_the_other_has_not_is_named(
    mover: Connection, change: str
) -> None:
    before = state(mover, [TABLE])
    with mover.transaction(force_rollback=True):
        mover.execute(_FUNCTION.encode())
        mover.execute(change.encode())
        after = state(mover, [TABLE])

    assert apart(before, before) == ([], [])
    assert [said for said in apart(before, after)[1] if CHANGES[change] in said], after - before
    assert [said for said in apart(after, before)[0] if CHANGES[change] in said], after - before


@committing
def test_functions_of_a_service_that_the_bank_has_not_are_its_own(mover: Connection) -> None:
    before = state(mover, [TABLE])
    with mover.transaction(force_rollback=True):
        mover.execute(_FUNCTION.encode())
        more = state(mover, [TABLE])
        mover.execute(_FUNCTION.replace("new", "null").encode())
        other = state(mover, [TABLE])

    assert apart(before, more) == ([], [])
    assert [said.split("(")[0] for said in apart(more, before)[0]] == [
        "topology_more: function topology_more"
    ]
    assert len(apart(more, other)[1]) == 1


_FUNCTION = """
create or replace function topology_more() returns trigger language plpgsql as
  'begin return new; end'
"""
