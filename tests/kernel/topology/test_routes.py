"""The topology file is read as it stands, and a change is in force without a restart."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from vortex.topology import Route, killed, route_of
from vortex.topology.routes import Topology, forget, write_topology


@pytest.fixture(autouse=True)
def _own_file(settings: Settings, tmp_path: Path) -> None:
    settings.VORTEX_TOPOLOGY_FILE = str(tmp_path / "topology.json")
    forget()


def test_without_a_file_everything_is_local() -> None:
    assert route_of("payments") == Route("local")


def test_a_new_file_is_in_force_for_the_next_call() -> None:
    write_topology(Topology({"payments": Route("remote", "http://127.0.0.1:3004")}))

    assert route_of("payments").url == "http://127.0.0.1:3004"
    assert route_of("accounts").mode == "local"


def test_an_operation_is_switched_off_and_on_by_command() -> None:
    operation = "transactions.Ledger.post"

    call_command("topology", "kill", operation)
    assert killed(operation)

    call_command("topology", "revive", operation)
    assert not killed(operation)


def test_switching_off_an_operation_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match=r"transactions\.Ledger\.post"):
        call_command("topology", "kill", "transactions.Ledger.psot")


def test_who_asks_while_the_file_is_read_for_the_first_time_does_not_go_by_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two first requests of a process both go where the file says, however long it takes."""
    write_topology(Topology({"payments": Route("remote", "http://127.0.0.1:3004")}))
    reads, go_on, read = Semaphore(0), Event(), Path.read_bytes

    def slowly(path: Path) -> bytes:
        reads.release()
        assert go_on.wait(60)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", slowly)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(route_of, "payments")
        assert reads.acquire(timeout=60)
        second = threads.submit(route_of, "payments")
        reads.acquire(timeout=5)  # it reads too; or has its answer already, which is wrong then
        go_on.set()

    assert (first.result().mode, second.result().mode) == ("remote", "remote")
