"""Closed months stand on a second tablespace of the server, and are one ledger with the others."""

import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg import sql

from apps.transactions.services import chaining, months
from apps.transactions.services.posting import post
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of
from apps.transactions.tests.test_at_once import at_once, transfer
from apps.transactions.tests.test_months import ask, booked
from vortex.clock import now
from vortex.db import alias_of, unit_of_work
from vortex.testing import client_of, person

DATABASE: Final = alias_of("transactions")
COLD: Final = f"cold_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
FAR: Final = timedelta(days=62)
STRAYED: Final = """
select indexname from pg_indexes where tablename = any (%s) and tablespace is distinct from %s
"""
pytestmark = pytest.mark.django_db(transaction=True, databases=[DATABASE])


def as_superuser(statement: str, **names: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(os.environ["VORTEX_TEST_ADMIN_URL"], autocommit=True) as connection:
        done = connection.execute(sql.SQL(statement).format(**names))
        return done.fetchall() if done.description else []


def give_to_server(place: Path) -> None:
    """Make a directory that of whoever runs the server, which need not be who runs the tests."""
    [(data,)] = as_superuser("show data_directory")
    owner = Path(data).stat()
    if owner.st_uid != place.stat().st_uid:
        os.chown(place, owner.st_uid, owner.st_gid)


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A directory of its own as a tablespace of the test's server; nobody may write there yet."""
    with tempfile.TemporaryDirectory(prefix="cold-") as place:
        give_to_server(Path(place))
        name = sql.Identifier(COLD)
        as_superuser("create tablespace {name} location {at}", name=name, at=sql.Literal(place))
        yield Path(place)
        as_superuser("drop tablespace {name}", name=name)


@pytest.fixture
def cold(disk: Path) -> Iterator[Path]:
    """The same, and the ledger may write there; at the end all months are back."""
    role = connections[DATABASE].settings_dict["USER"]
    names = {"name": sql.Identifier(COLD), "role": sql.Identifier(role)}
    as_superuser("grant create on tablespace {name} to {role}", **names)
    yield disk
    months.move_closed(before=now() + timedelta(days=4_000), tablespace="pg_default")
    as_superuser("revoke create on tablespace {name} from {role}", **names)


def files(place: Path) -> int:
    """Return how many files of tables and indexes PostgreSQL keeps there, the empty ones aside."""
    found = (path for path in place.rglob("*") if path.is_file() and path.name.isdecimal())
    return sum(path.stat().st_size > 0 for path in found)


def close(before: Any) -> str:
    said = StringIO()
    call_command("ledger", "months", "close", before=before, tablespace=COLD, stdout=said)
    return said.getvalue()


def test_closed_months_lie_on_the_other_disk_and_are_read_verified_and_added_to(
    cold: Path,
) -> None:
    alice = person()
    account_id, world = account_of(alice, 500), account_of(None)
    for days in (0, 31, 62):
        booked(now() + timedelta(days=days), account_id, world)
    with unit_of_work("transactions"):
        ids = [posting_id for (posting_id,) in ask("select id from transactions_posting")]
        chaining.append(posting_ids=ids, at=now())
    before = client_of(alice).get("/api/transactions").json()

    said = close(now() + FAR)

    moved = [line.split()[1] for line in said.splitlines() if line.startswith("moved")]
    listed = {one.table: one.tablespace for one in months.months()}
    assert moved[0] == "transactions_entry_before"
    assert len(moved) >= 2
    assert {table for table, place in listed.items() if place == COLD} == set(moved)
    assert files(cold) >= 3 * len(moved)  # the table and its indexes
    assert ask(STRAYED, moved, COLD) == []
    assert client_of(alice).get("/api/transactions").json() == before
    assert not list(chaining.verify())
    assert not [breach for law in LAWS for breach in breaches_of(law)]
    assert len(ask("select distinct tableoid from transactions_entry")) >= 3

    booked(now(), world, account_id)  # correct what is closed: a new posting, in an old month

    assert not [breach for law in LAWS for breach in breaches_of(law)]
    assert "moved" not in close(now() + FAR)


def test_the_ledger_goes_on_while_months_move(cold: Path) -> None:
    source, target = account_of(person(), 100_000), account_of(person())
    for days in range(0, 62, 31):
        booked(now() + timedelta(days=days), source, target)
    work: list[Any] = [lambda: post(transfer(source, target, 1)) for _ in range(20)]
    work.insert(10, lambda: months.move_closed(before=now() + timedelta(days=1), tablespace=COLD))

    outcomes = at_once(work)

    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert ask("select booked_minor from transactions_account where id = %s", target) == [(22,)]
    assert not [breach for law in LAWS for breach in breaches_of(law)]


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize(
    "tablespace",
    [COLD, "nowhere", 'x"; drop table transactions_entry; --'],
    ids=["without a right", "that is nowhere", "that is none"],
)
def test_a_tablespace_that_the_ledger_may_not_write_to_is_refused_in_words(
    tablespace: str,
) -> None:
    with pytest.raises(CommandError, match="a superuser makes it"):
        call_command(
            "ledger", "months", "close", before=now(), tablespace=tablespace, stdout=StringIO()
        )

    assert {month.tablespace for month in months.months()} == {""}
