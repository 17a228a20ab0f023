"""Real servers in homes that last for one test, or for one module where the test only asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from vortex.embedded.postgres import Postgres
from vortex.embedded.valkey import Valkey


@dataclass(frozen=True)
class Pair:
    """A database and its role, as a context is one."""

    database: str
    role: str


PAIRS = (Pair("accounts_db", "vortex_accounts"), Pair("payments_db", "vortex_payments"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def postgres_in() -> Iterator[Callable[[Path], Postgres]]:
    """Return a maker of servers, all of which are stopped after the test."""
    made: list[Postgres] = []

    def make(home: Path) -> Postgres:
        made.append(Postgres(home, owned=PAIRS, durable=False))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def valkey_in() -> Iterator[Callable[[Path], Valkey]]:
    """Return a maker of servers, all of which are stopped after the test."""
    made: list[Valkey] = []

    def make(home: Path) -> Valkey:
        made.append(Valkey(home))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server for tests that leave it as they found it."""
    server = Postgres(tmp_path_factory.mktemp("shared"), owned=PAIRS, durable=False)
    server.start()
    yield server
    server.stop()


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in a connection of its own and return its rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []
