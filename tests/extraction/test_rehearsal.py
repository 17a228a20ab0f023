"""A command is replayed at the instant before it happened, and nothing that it tries is kept.

The stand-by is a database of a test with a table of its own, which is written to as replication
writes; the live one is in tests/topologies/test_live.py.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
import pytest
from django.db import DatabaseError, connections

from extraction import guards, noting
from extraction.database import connect
from tests.bank import ROOT
from vortex.clock import now
from vortex.db import Moved, after_commit, unit_of_work
from vortex.db.rehearsing import rolled_back
from vortex.topology.models import Owner

CONTEXT, TABLE = "accounts", "rehearsal_sample"
committing = pytest.mark.django_db(transaction=True, databases=[CONTEXT])
Rows = list[tuple[int, int, str]]

# What a stand-by may have of types that are told apart by more than their text.
_MAKE = """
create table rehearsal_sample (
  id int primary key, amount int not null, note text not null default '', raw bytea,
  at timestamptz not null default '2026-03-29 01:30:00.123456+01', tags text[] default '{a,"b c"}',
  facts jsonb default '{"n": 1.50}', number bigint generated always as identity,
  twice int generated always as (amount * 2) stored,
  constraint rehearsal_sample_late unique (amount) deferrable initially deferred);
grant select, insert, update, delete on rehearsal_sample to vortex_accounts;
"""


@pytest.fixture
def replication(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """Make a stand-by with one table; the connection writes to it as replication does."""
    name = connections[CONTEXT].settings_dict["NAME"]
    url = urlunsplit(urlsplit(os.environ["VORTEX_TEST_ADMIN_URL"])._replace(path=f"/{name}"))
    Owner.objects.using(CONTEXT).create(context=CONTEXT, owner="elsewhere", changed_at=now())
    side = connect(url)
    side.execute(_MAKE.encode())
    guards.install(side, CONTEXT, [TABLE])
    noting.install(side, CONTEXT, [TABLE])
    side.execute("set session_replication_role = replica")
    try:
        yield side
    finally:
        side.execute("set session_replication_role = origin")
        noting.remove(side)
        guards.remove(side)
        side.execute("drop table rehearsal_sample")
        side.close()


def whole(side: psycopg.Connection[Any]) -> list[Any]:
    return side.execute("select to_jsonb(t) from rehearsal_sample t order by id").fetchall()


def seen() -> Rows:
    with connections[CONTEXT].cursor() as cursor:
        cursor.execute("select id, amount, note from rehearsal_sample order by id")
        return [tuple(row) for row in cursor.fetchall()]


def write(identity: int = 9, amount: int = 90) -> None:
    with unit_of_work(CONTEXT) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into rehearsal_sample (id, amount) values (%s, %s)", (identity, amount)
        )


def change_after(side: psycopg.Connection[Any], statement: str) -> int:
    """Change rows as replication does; return the number of the first change."""
    row = side.execute("select coalesce(max(id), 0) from extraction_shadow.change").fetchone()
    assert row is not None
    side.execute(statement.encode())
    return int(row[0]) + 1


@committing
def test_a_replay_sees_the_rows_as_they_were_and_leaves_them_as_they_are(
    replication: psycopg.Connection[Any],
) -> None:
    replication.execute(
        "insert into rehearsal_sample (id, amount, raw) values (1, 10, '\\x00ff'), (2, 20, null)"
    )
    before = seen()
    since = change_after(
        replication,
        "update rehearsal_sample set amount = 11, note = 'later' where id = 1;"
        " delete from rehearsal_sample where id = 2;"
        " insert into rehearsal_sample (id, amount) values (3, 30);"
        " update rehearsal_sample set amount = 31, facts = '{}' where id = 3",
    )
    after = whole(replication)

    with rolled_back(CONTEXT, since=since) as data:
        found = seen()
        write(amount=10_000)
        changes = data.changes()

    assert found == before
    assert [(one.table, one.how, (one.row or {})["amount"]) for one in changes] == [
        (TABLE, "insert", 10_000)
    ]
    assert whole(replication) == after


@committing
def test_a_rehearsal_undoes_each_type_exactly(replication: psycopg.Connection[Any]) -> None:
    replication.execute("insert into rehearsal_sample (id, amount, raw) values (1, 10, '\\x00ff')")
    before = whole(replication)
    since = change_after(replication, "delete from rehearsal_sample")

    with rolled_back(CONTEXT, since=since), connections[CONTEXT].cursor() as cursor:
        cursor.execute("select to_jsonb(t)::text from rehearsal_sample t")
        found = [(msgspec.json.decode(row[0]),) for row in cursor.fetchall()]

    assert found == before


@committing
def test_a_rehearsal_checks_what_waits_for_the_commit(
    replication: psycopg.Connection[Any],
) -> None:
    replication.execute("insert into rehearsal_sample (id, amount) values (1, 90)")

    def twice() -> None:
        with rolled_back(CONTEXT, since=None) as data:
            write(amount=90)
            data.changes()

    with pytest.raises(DatabaseError, match="rehearsal_sample_late"):
        twice()


def raw(statement: str) -> Callable[[], None]:
    def execute() -> None:
        with connections[CONTEXT].cursor() as cursor:
            cursor.execute(statement)

    return execute


def second_connection() -> None:
    known = connections[CONTEXT].settings_dict
    with psycopg.connect(
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
        dbname=known["NAME"],
    ) as other:
        other.execute("insert into rehearsal_sample (id, amount) values (8, 80)")


def another_thread() -> None:
    met: list[BaseException] = []

    def run() -> None:
        try:
            write(8, 80)
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            met.append(error)
        finally:
            connections[CONTEXT].close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise met[0]


def new_connection() -> None:
    connections[CONTEXT].close()
    connections[CONTEXT].connect()
    raw("insert into rehearsal_sample (id, amount) values (8, 80)")()


ESCAPES: dict[str, tuple[Callable[[], None], str]] = {
    "commit": (raw("commit"), "a rehearsal is never committed"),
    "commit and chain": (raw("commit and chain"), "a rehearsal is never committed"),
    "constraints now": (raw("set constraints all immediate"), "a rehearsal is never committed"),
    "a transaction of its own": (
        raw("rollback; insert into rehearsal_sample (id, amount) values (8, 80)"),
        "is owned by elsewhere",
    ),
    "a second connection": (second_connection, "is owned by elsewhere"),
    "another thread": (another_thread, "This context has moved"),
    "a new connection": (new_connection, "is owned by elsewhere"),
}


@committing
@pytest.mark.parametrize("escape", ESCAPES)
def test_a_rehearsal_cannot_be_committed(replication: psycopg.Connection[Any], escape: str) -> None:
    replication.execute("insert into rehearsal_sample (id, amount) values (1, 10)")
    since = change_after(replication, "update rehearsal_sample set amount = 11")
    after = whole(replication)
    attempt, says = ESCAPES[escape]

    def escaping() -> None:
        with rolled_back(CONTEXT, since=since):
            write()
            attempt()

    with pytest.raises((DatabaseError, psycopg.Error, Moved), match=says):
        escaping()

    assert whole(replication) == after
    owner = Owner.objects.using(CONTEXT).get()
    assert owner.owner == "elsewhere"
    with pytest.raises(Moved):
        write()


@committing
def test_what_waits_for_the_commit_of_a_rehearsal_never_runs(
    replication: psycopg.Connection[Any],
) -> None:
    ran: list[str] = []

    with rolled_back(CONTEXT, since=None), unit_of_work(CONTEXT):
        after_commit(lambda: ran.append("poked"))

    assert ran == []
    assert whole(replication) == []


@committing
def test_a_rehearsal_gives_way_to_replication_that_is_writing(
    replication: psycopg.Connection[Any],
) -> None:
    def rehearse() -> None:
        with rolled_back(CONTEXT, since=None):
            pass

    with replication.transaction():
        replication.execute("insert into rehearsal_sample (id, amount) values (1, 10)")
        with pytest.raises(DatabaseError, match="lock timeout"):
            rehearse()

    assert len(whole(replication)) == 1


_TRIES = """
import json, os, smtplib, socket, subprocess, sys
import httpx, redis
from vortex.binding.rehearsing import NothingLeavesError, shut

def celery():
    from celery import Celery
    Celery(broker="redis://127.0.0.1:1/0").send_task("outbox.retention", retry=False)

TRIES = {
    "celery": celery,
    "http": lambda: httpx.get("http://127.0.0.1:1"),
    "valkey": lambda: redis.Redis(port=1).ping(),
    "mail": lambda: smtplib.SMTP("127.0.0.1", 1),
    "socket": lambda: socket.create_connection(("127.0.0.1", 1)),
    "name": lambda: socket.getaddrinfo("example.com", 80),
    "file": lambda: open(sys.argv[1], "w"),
    "descriptor": lambda: os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY),
    "program": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "fork": os.fork,
    "remove": lambda: os.remove(sys.argv[0]),
}

def refused(attempt):
    try:
        attempt()
    except BaseException as error:
        while error is not None:
            if isinstance(error, NothingLeavesError):
                return True
            error = error.__cause__ or error.__context__
    return False

shut()
print(json.dumps({name: refused(attempt) for name, attempt in TRIES.items()}))
"""


def test_the_process_that_replays_reaches_nothing_outside(tmp_path: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRIES, str(tmp_path / "escaped")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    found = msgspec.json.decode(done.stdout, type=dict[str, bool])
    assert [name for name, refused in found.items() if not refused] == []
    assert not (tmp_path / "escaped").exists()


def test_a_row_without_a_key_is_told_by_all_of_it() -> None:
    assert "to_jsonb" in noting.same([], "$1").as_string(None)
