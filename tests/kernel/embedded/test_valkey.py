"""An embedded Valkey keeps its streams through stops and kills, and lets nobody in unasked."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from vortex.embedded.failures import InUse
from vortex.embedded.valkey import BROKER, CACHE, Valkey

ValkeyIn = Callable[[Path], Valkey]


def client(server: Valkey, database: int = BROKER) -> redis.Redis:
    """Return a client of one of the databases."""
    return redis.Redis.from_url(server.url(database), decode_responses=True)


def test_a_stream_is_there_after_a_restart(home: Path, valkey_in: ValkeyIn) -> None:
    first = valkey_in(home)
    first.start()
    with client(first) as connection:
        connection.xadd("transaction.events", {"type": "transaction.posted"})
    first.stop()

    second = valkey_in(home)
    second.start()

    with client(second) as connection:
        assert connection.xlen("transaction.events") == 1


def test_a_killed_server_comes_back_on_its_port(home: Path, valkey_in: ValkeyIn) -> None:
    server = valkey_in(home)
    server.start()
    port, pid = server.port, server.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)

    server.start()

    assert server.port == port
    assert server.ready()


def test_nobody_enters_without_the_password(home: Path, valkey_in: ValkeyIn) -> None:
    server = valkey_in(home)
    server.start()

    with (
        redis.Redis(port=server.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_cache_is_not_the_broker(home: Path, valkey_in: ValkeyIn) -> None:
    server = valkey_in(home)
    server.start()

    with client(server, CACHE) as cache, client(server, BROKER) as broker:
        cache.set("rate", 1)
        assert broker.get("rate") is None


def test_a_full_server_refuses_writes_and_evicts_nothing(home: Path, valkey_in: ValkeyIn) -> None:
    server = valkey_in(home)
    server.start()

    with client(server) as connection:
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert int(connection.config_get("maxmemory")["maxmemory"]) > 0


def test_one_home_has_one_server(home: Path, valkey_in: ValkeyIn) -> None:
    first, second = valkey_in(home), valkey_in(home)
    first.start()

    with pytest.raises(InUse):
        second.start()

    assert first.ready()
