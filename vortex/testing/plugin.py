"""The pytest plugin: real PostgreSQL and Valkey for a test run, and databases for each worker.

Servers are started once, by the process that the developer started, before Django reads its
settings; xdist workers and nested runs find them in the environment. Each worker has databases of
its own, owned by the same roles and closed to the same others as in production.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Final

import pytest

from vortex.embedded.endpoints import home
from vortex.embedded.postgres import Postgres
from vortex.embedded.provision import provision
from vortex.embedded.valkey import Valkey
from vortex.testing import databases

ADMIN: Final = "VORTEX_TEST_ADMIN_URL"
VALKEY: Final = "VORTEX_TEST_VALKEY"
SLOT: Final = "VORTEX_TEST_SLOT"

_servers: list[Postgres | Valkey] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where the project keeps its list of contexts: the kernel imports no composition."""
    parser.addini("vortex_contexts", "module:NAME of the tuple of contexts")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers unless a parent process did, and point this process at its databases."""
    contexts = resolve_name(early_config.getini("vortex_contexts"))
    if ADMIN not in os.environ:
        _start(contexts)
        early_config.add_cleanup(_stop)
    _point_at(slot(), contexts)
    if os.geteuid() == 0:
        _keep_directories_apart(early_config)


def _keep_directories_apart(early_config: pytest.Config) -> None:
    """Give this run's temporary directories a root of their own.

    As root, servers under test run as another account that may pass through these directories.
    pytest takes such rights away from the root that its runs share whenever another run starts.
    """
    os.environ["PYTEST_DEBUG_TEMPROOT"] = root = tempfile.mkdtemp(prefix="vortex-tests-")
    early_config.add_cleanup(lambda: shutil.rmtree(root, ignore_errors=True))


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of the runners; judge properties, not how busy the machine is."""
    from hypothesis import settings

    settings.register_profile("vortex", deadline=None)
    settings.load_profile("vortex")
    config.addinivalue_line("markers", "runners(*how): the only ways in which a contract test runs")


def slot() -> int:
    """Return the number of this process among those that share the servers: 0, workers from 1."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return int(worker.removeprefix("gw")) + 1 if worker else int(os.environ.get(SLOT, "0"))


def _start(contexts: Any) -> None:
    where = home() / "test"
    postgres = Postgres(where, owned=contexts, durable=False)
    valkey = Valkey(where, durable=False)
    for server in (postgres, valkey):
        server.start()
        _servers.append(server)
    provision(postgres.admin_url(), contexts, postgres.password)
    os.environ[ADMIN] = postgres.admin_url()
    os.environ[VALKEY] = valkey.url(0)
    for context in contexts:
        os.environ[f"VORTEX_TEST_PASSWORD_{context.role}"] = postgres.password(context.role)


def _stop() -> None:
    while _servers:
        _servers.pop().stop()
    for name in (ADMIN, VALKEY):
        os.environ.pop(name, None)


def _point_at(number: int, contexts: Any) -> None:
    for context in contexts:
        password = os.environ[f"VORTEX_TEST_PASSWORD_{context.role}"]
        name = databases.name_of(context.database, number)
        os.environ[context.database_variable] = databases.url(
            os.environ[ADMIN], name, context.role, password
        )
    base = os.environ[VALKEY].rsplit("/", 1)[0]
    os.environ["VORTEX_BROKER_URL"] = f"{base}/{number * 2}"
    os.environ["VORTEX_CACHE_URL"] = f"{base}/{number * 2 + 1}"
    os.environ["VORTEX_TOPOLOGY_FILE"] = str(_scratch() / f"topology-{number}.json")


def _scratch() -> Path:
    where = home() / "test" / "run"
    where.mkdir(parents=True, exist_ok=True)
    return where


@pytest.fixture(scope="session", autouse=True)
def _clean_valkey() -> Iterator[None]:
    """Forget what an earlier run of this worker left in its Valkey databases."""
    import redis

    for variable in ("VORTEX_BROKER_URL", "VORTEX_CACHE_URL"):
        with redis.Redis.from_url(os.environ[variable]) as client:
            client.flushdb()
    yield
