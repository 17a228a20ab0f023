"""Databases of a test worker: copied from a migrated template, emptied after tests that commit."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from vortex.embedded.endpoints import ROOT, home


def name_of(database: str, slot: int) -> str:
    """Return the name of a worker's copy of a context's database."""
    return f"{database}_t{slot}"


def url(admin_url: str, database: str, role: str, password: str) -> str:
    """Return the URL by which a role reaches a database of the server that an admin URL names."""
    parts = urlsplit(admin_url)
    netloc = f"{role}:{password}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))


def create(admin_url: str) -> None:
    """Make fresh, migrated databases for every context hosted by this process.

    The first process to come migrates and leaves a template behind, named after the migrations;
    those that follow, and later runs, copy it.
    """
    from django.conf import settings
    from django.db import connections

    version = _version_of_migrations()
    with _one_at_a_time():
        for context in settings.VORTEX_CONTEXTS:
            if context.name not in settings.VORTEX_ALIASES:
                continue
            alias = settings.VORTEX_ALIASES[context.name]
            name = connections[alias].settings_dict["NAME"]
            connections[alias].close()
            template = f"{context.database}_v{version}"
            _create_one(admin_url, alias, name, template, context.role)


def _create_one(admin_url: str, alias: str, name: str, template: str, role: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        known = admin.execute("select 1 from pg_database where datname = %s", [template]).fetchone()
        _execute(admin, "drop database if exists {} with (force)", name)
        if known:
            _copy(admin, name, template, role)
            return
        _execute(admin, "create database {} owner {}", name, role)
        _close(admin, name)
        _extend(admin_url, name)
        _migrate(alias)
        _seed(admin_url, name)
        _copy(admin, template, name, role)


def _copy(admin: psycopg.Connection, name: str, source: str, role: str) -> None:
    _execute(
        admin, "create database {} template {} owner {} strategy file_copy", name, source, role
    )
    _close(admin, name)


def _close(admin: psycopg.Connection, name: str) -> None:
    _execute(admin, "revoke all on database {} from public", name)


def _extend(admin_url: str, name: str) -> None:
    from vortex.embedded.provision import EXTENSIONS

    with _inside(admin_url, name) as inside:
        shipped = inside.execute("select name from pg_available_extensions").fetchall()
        for extension in EXTENSIONS:
            if (extension,) in shipped:
                _execute(inside, "create extension if not exists {}", extension)


def _migrate(alias: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database=alias, verbosity=0, interactive=False)
    connections[alias].close()


def _seed(admin_url: str, name: str) -> None:
    """Keep a copy of every row that migrations made, so that emptying can put them back."""
    with _inside(admin_url, name) as inside:
        inside.execute("create schema vortex_seed")
        for table in _tables(inside):
            row = inside.execute(
                sql.SQL("select exists (select from {})").format(sql.Identifier(table))
            ).fetchone()
            if row and row[0]:
                _execute(inside, "create table vortex_seed.{} as table public.{}", table, table)


def empty(admin_url: str, names: Iterable[str]) -> None:
    """Put databases back to what migrations left, past every trigger that refuses it."""
    for name in names:
        with _inside(admin_url, name) as inside:
            inside.execute(_emptying(admin_url, name))


@cache
def _emptying(admin_url: str, name: str) -> sql.Composed:
    with _inside(admin_url, name) as inside:
        tables = [table for table in _tables(inside) if table != "django_migrations"]
        seeded = inside.execute(
            "select tablename from pg_tables where schemaname = 'vortex_seed'"
        ).fetchall()
    statements = [
        sql.SQL("set session_replication_role = replica; set lock_timeout = '10s'"),
        sql.SQL("truncate {} restart identity").format(
            sql.SQL(", ").join(sql.Identifier("public", table) for table in tables)
        ),
        *(
            sql.SQL("insert into public.{0} overriding system value table vortex_seed.{0}").format(
                sql.Identifier(table)
            )
            for (table,) in seeded
            if table != "django_migrations"
        ),
    ]
    return sql.SQL("; ").join(statements)


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace"
        " and c.relkind in ('r', 'p') and not c.relispartition order by 1"
    )
    return [str(name) for (name,) in rows]


@contextmanager
def _inside(admin_url: str, name: str) -> Iterator[psycopg.Connection]:
    address = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def _execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _version_of_migrations() -> str:
    digest = hashlib.sha256(os.environ.get("VORTEX_HOSTS", "").encode())
    for pattern in ("apps/*/migrations/**/*", "apps/*/sql/**/*", "vortex/*/migrations/**/*"):
        for file in sorted(ROOT.glob(pattern)):
            if file.is_file() and file.suffix in {".py", ".sql"}:
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    where = Path(home()) / "test" / "run"
    where.mkdir(parents=True, exist_ok=True)
    with (where / "databases.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
