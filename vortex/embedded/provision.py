"""Databases and roles: each context owns one database, and its role may connect to no other.

It works on any PostgreSQL that a superuser can reach, embedded or not, and a second run changes
nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import psycopg
from psycopg import conninfo, sql

EXTENSIONS = ("pg_stat_statements", "pg_trgm", "btree_gist", "citext", "vector")


class Owned(Protocol):
    """A database and the one role that may connect to it: a context is such a pair."""

    @property
    def database(self) -> str:
        """The name of the database."""

    @property
    def role(self) -> str:
        """The role that owns it."""


def provision(
    admin_url: str, owned: Sequence[Owned], password_of: Callable[[str], str]
) -> list[str]:
    """Create what is missing and return the names of the databases that were created.

    `admin_url` is a superuser's URL of the database `postgres`. Passwords are set on every run, so
    that rotating one means changing it in one place. Extensions that the server does not ship are
    left out.
    """
    created = []
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('vortex.provision'))")
        for pair in owned:
            _role(connection, pair.role, password_of(pair.role))
            if _database(connection, pair):
                created.append(pair.database)
        shipped = _shipped(connection)
        for pair in owned:
            _extend(conninfo.make_conninfo(admin_url, dbname=pair.database), shipped)
    return created


def _role(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = "ALTER ROLE {} " if known else "CREATE ROLE {} "
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
    connection.execute(
        sql.SQL(statement + rights).format(sql.Identifier(role), sql.Literal(password))
    )


def _database(connection: psycopg.Connection[Any], pair: Owned) -> bool:
    known = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [pair.database]
    ).fetchone()
    names = {"database": sql.Identifier(pair.database), "role": sql.Identifier(pair.role)}
    if not known:
        statement = sql.SQL("CREATE DATABASE {database} OWNER {role}")
        connection.execute(statement.format(**names))
    for statement in (
        sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
        sql.SQL("GRANT ALL ON DATABASE {database} TO {role}"),
    ):
        connection.execute(statement.format(**names))
    return not known


def _shipped(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
    )
    return [str(name) for (name,) in rows]


def _extend(admin_url: str, shipped: Sequence[str]) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for name in shipped:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
            connection.execute(statement)
