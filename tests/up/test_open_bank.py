"""An open bank survives the death of its parts, and leaves nothing behind when it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.up.programs import COMMANDS
from tests.bank import ROOT, Bank, wait_for

pytestmark = pytest.mark.timeout(240)
PARTS = ("postgres", "valkey", *COMMANDS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "home"


@pytest.fixture(scope="module")
def bank(home: Path) -> Iterator[Bank]:
    one = Bank(home)
    one.open(DEMO="0")
    yield one
    one.close()


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back_and_the_bank_is_ready_again(bank: Bank, name: str) -> None:
    wait_for(bank.ready, 60, "the bank is ready", bank.said)
    killed = bank.pid(name)

    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: bank.pid(name) != killed, 60, f"{name} comes back", bank.said)
    wait_for(bank.ready, 60, "the bank is ready again", bank.said)
    assert f"{name} ended with -9" in bank.said()


def test_a_second_start_in_the_same_home_is_refused_and_does_no_harm(bank: Bank) -> None:
    wait_for(bank.ready, 60, "the bank is ready", bank.said)

    done = subprocess.run(
        [sys.executable, "-m", "config.up"],
        cwd=ROOT,
        env=bank.environment() | {"PORT": str(bank.port + 1)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"already open at http://localhost:{bank.port}" in done.stderr
    assert bank.ready()


def test_commands_find_the_servers_of_the_open_bank(bank: Bank) -> None:
    wait_for(bank.ready, 60, "the bank is ready", bank.said)

    shown = bank.manage("showmigrations", "accounts", "--database", "accounts")

    assert "[ ]" not in shown


def test_a_bank_whose_supervisor_was_killed_leaves_nothing_and_opens_again(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "home")
    bank.open(DEMO="0")
    pids = [bank.pid(name) for name in PARTS]

    os.kill(bank.supervisor(), signal.SIGKILL)
    assert bank._process is not None
    assert bank._process.wait(10) == -signal.SIGKILL
    wait_for(lambda: not any(map(_alive, pids)), 60, "all parts end", lambda: _names(pids))
    begun = time.monotonic()
    reopened = Bank(tmp_path / "home")
    reopened.open(DEMO="0")

    assert time.monotonic() - begun < 60
    pids = [reopened.pid(name) for name in PARTS]
    assert reopened.close() == 0, reopened.said()
    assert not any(map(_alive, pids)), _names(pids)
    assert not (tmp_path / "home" / "run" / "endpoints.json").exists()


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _names(pids: list[int]) -> str:
    return ", ".join(psutil.Process(pid).name() for pid in pids if _alive(pid))
