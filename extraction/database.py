"""Talking to the databases of both sides: short autocommitted statements, quoted names."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

import psycopg
from psycopg import sql

from extraction.failures import Stop

Connection = psycopg.Connection[tuple[Any, ...]]

# What the mover itself does is told by this name: the freeze of DDL lets it through.
APPLICATION = "vortex_extraction"
_SETTINGS = (
    f"-c application_name={APPLICATION} -c timezone=UTC -c datestyle=ISO"
    " -c extra_float_digits=1 -c bytea_output=hex -c intervalstyle=postgres"
)


def connect(url: str) -> Connection:
    """Connect as the superuser, autocommitting; refuse with what PostgreSQL says about it.

    A server that has just been started again is waited for.
    """
    end = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=5, options=_SETTINGS)
        except psycopg.OperationalError as error:
            said = str(error).strip().splitlines()[0]
            if not _STARTING.search(said) or time.monotonic() > end:
                raise Stop(f"The database at {_address(url)} cannot be reached: {said}") from error
        Event().wait(0.2)


_STARTING = re.compile("starting up|not yet accepting connections|in recovery mode")
_STARTING_SECONDS = 30.0


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """Connect for a block."""
    connection = connect(url)
    try:
        yield connection
    finally:
        connection.close()


def rows(
    connection: Connection, statement: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Return what a statement selects."""
    return connection.execute(statement, values or None).fetchall()


def value(connection: Connection, statement: str, values: Sequence[Any] = ()) -> Any:
    """Return the first column of the first row, None where there is no row."""
    row = connection.execute(statement, values or None).fetchone()
    return row[0] if row else None


def run(connection: Connection, statement: str, *names: str, **literals: Any) -> None:
    """Run a statement with quoted identifiers for {} and quoted literals for {name}."""
    quoted = [sql.Identifier(name) for name in names]
    literal = {name: sql.Literal(value) for name, value in literals.items()}
    connection.execute(sql.SQL(statement).format(*quoted, **literal))


def _address(url: str) -> str:
    """Return a URL without who connects and by which password."""
    return url.rpartition("@")[2]
