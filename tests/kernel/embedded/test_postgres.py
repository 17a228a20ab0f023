"""An embedded PostgreSQL keeps what was committed, through stops, kills and stale files."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.kernel.embedded.conftest import execute
from vortex.embedded.failures import CannotOpen, InUse
from vortex.embedded.postgres import Postgres

PostgresIn = Callable[[Path], Postgres]


def test_what_was_committed_is_there_after_a_restart(home: Path, postgres_in: PostgresIn) -> None:
    first = postgres_in(home)
    first.start()
    execute(first.admin_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()

    second = postgres_in(home)
    second.start()

    assert execute(second.admin_url(), "SELECT answer FROM kept") == [(42,)]


def test_a_killed_server_comes_back_on_its_port_with_its_data(
    home: Path, postgres_in: PostgresIn
) -> None:
    server = postgres_in(home)
    server.start()
    port, pid = server.port, server.process.pid
    execute(server.admin_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)

    server.start()

    assert server.port == port
    assert server.process.pid != pid
    assert execute(server.admin_url(), "SELECT answer FROM kept") == [(42,)]


def test_pid_files_whose_number_belongs_to_a_stranger_are_removed(
    home: Path, postgres_in: PostgresIn
) -> None:
    server = postgres_in(home)
    server.start()
    server.stop()
    stranger = os.getpid()
    (home / "run" / "postgres.pid").write_text(f'{{"pid": {stranger}, "started": 1.0}}')
    (home / "postgres" / "postmaster.pid").write_text(f"{stranger}\n{home / 'postgres'}\n")

    server.start()

    assert server.ready()
    assert psutil.pid_exists(stranger)


def test_data_that_were_cut_while_being_made_are_made_again(
    home: Path, postgres_in: PostgresIn
) -> None:
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")

    server = postgres_in(home)
    server.start()

    assert server.ready()
    assert not (home / "postgres.new").exists()


def test_one_home_has_one_server(home: Path, postgres_in: PostgresIn) -> None:
    first, second = postgres_in(home), postgres_in(home)
    first.start()

    with pytest.raises(InUse, match=str(home)):
        second.start()

    assert first.ready()


def test_starting_twice_and_stopping_twice_is_harmless(home: Path, postgres_in: PostgresIn) -> None:
    server = postgres_in(home)
    server.start()
    pid = server.process.pid

    server.start()
    assert server.process.pid == pid

    server.stop()
    server.stop()
    assert server.process.pid is None


def test_data_of_another_version_are_refused_and_left_alone(
    home: Path, postgres_in: PostgresIn
) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(CannotOpen, match="made by PostgreSQL 15"):
        postgres_in(home).start()

    assert (home / "postgres" / "PG_VERSION").read_text() == "15\n"


def test_secrets_are_for_their_owner_only(postgres: Postgres) -> None:
    modes = {
        path.name: path.stat().st_mode & 0o077
        for path in (postgres.home / "secrets.json", *(postgres.home / "conf").iterdir())
    }

    assert set(modes.values()) == {0}, modes


def test_nobody_enters_without_a_password(postgres: Postgres) -> None:
    url = postgres.admin_url().replace(postgres.password("vortex_admin"), "guess")

    with pytest.raises(Exception, match="password authentication failed"):
        execute(url, "SELECT 1")


def test_logical_replication_and_statement_statistics_are_on(postgres: Postgres) -> None:
    shown = [execute(postgres.admin_url(), f"SHOW {name}")[0][0] for name in ("wal_level", "jit")]
    loaded = execute(postgres.admin_url(), "SHOW shared_preload_libraries")

    assert shown == ["logical", "off"]
    assert loaded == [("pg_stat_statements",)]


def test_only_tests_trade_safety_for_speed(home: Path) -> None:
    durable = Postgres(home)
    durable.start()
    try:
        assert execute(durable.admin_url(), "SHOW fsync") == [("on",)]
        assert execute(durable.admin_url(), "SHOW synchronous_commit") == [("on",)]
    finally:
        durable.stop()
