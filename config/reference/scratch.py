"""A PostgreSQL for the length of a command, migrated, so that the page of tables needs no bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections

from config.contexts import CONTEXTS, Context, alias
from config.reference.tables import Connect
from vortex.db.urls import database
from vortex.embedded.postgres import Postgres
from vortex.embedded.provision import provision


@contextmanager
def scratch_databases() -> Iterator[Connect]:
    """Yield a way to connect to freshly migrated databases; they are gone afterwards."""
    with TemporaryDirectory(prefix="vortex-reference-") as home:
        server = Postgres(Path(home), owned=CONTEXTS, durable=False)
        server.start()
        try:
            provision(server.admin_url(), CONTEXTS, server.password)
            for context in CONTEXTS:
                _migrate(context, server.url(context.database, context.role))

            def connect(context: Context) -> "psycopg.Connection[Any]":
                return psycopg.connect(server.url(context.database, context.role))

            yield connect
        finally:
            connections.close_all()
            server.stop()


def _migrate(context: Context, url: str) -> None:
    name = alias(context.name)
    connections[name].close()
    connections[name].settings_dict.update(database(url, context.database))
    call_command("migrate", database=name, verbosity=0, interactive=False)
