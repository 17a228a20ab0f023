"""What stops a bank from opening is said in a sentence, before anything is touched."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.up import preflight
from config.up.options import Options, chosen
from vortex.embedded.failures import CannotOpen, DiskFull, InUse, PortTaken, disk_full
from vortex.embedded.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]


def options(home: Path, port: int = 1) -> Options:
    """Return the options of a bank in a home."""
    return Options(home=home, host="127.0.0.1", port=port, demo=False, measure=False)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this very process listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of twenty megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path, taken: int) -> None:
    with pytest.raises(PortTaken) as refusal:
        preflight.check_port(options(tmp_path, taken))

    assert f"Port {taken} is taken by" in str(refusal.value)
    assert f"pid {os.getpid()}" in str(refusal.value)
    assert f"make up PORT={taken + 1}" in str(refusal.value)


def test_a_command_that_finds_its_port_taken_leaves_no_servers(tmp_path: Path, taken: int) -> None:
    home = tmp_path / "home"

    done = subprocess.run(
        [sys.executable, "-m", "config.up"],
        cwd=ROOT,
        env=os.environ | {"VORTEX_HOME": str(home), "PORT": str(taken)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"Port {taken} is taken" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "postgres").exists()


def test_a_second_bank_in_the_same_home_is_refused_with_the_first_ones_address(
    tmp_path: Path,
) -> None:
    lock = preflight.take_home(options(tmp_path, 8123))

    with pytest.raises(InUse, match=rf"already open at http://localhost:8123 \(pid {os.getpid()}"):
        preflight.take_home(options(tmp_path, 8124))

    lock.release()
    preflight.take_home(options(tmp_path, 8124)).release()


def test_a_nearly_full_disk_is_refused_before_anything_is_written(small_disk: Path) -> None:
    with pytest.raises(DiskFull, match="Nothing was started"):
        preflight.check_disk(small_disk)

    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_up_while_the_data_are_made_is_a_sentence(small_disk: Path) -> None:
    with pytest.raises(DiskFull, match="is full"):
        Postgres(small_disk / "home").start()

    assert not (small_disk / "home" / "postgres").exists()


def test_a_full_disk_is_told_apart_from_other_errors(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as full:
        Path("/dev/full").write_text("x")
    assert isinstance(disk_full(tmp_path, full.value), DiskFull)

    other = disk_full(tmp_path, OSError(errno.EACCES, "Permission denied"))
    assert not isinstance(other, DiskFull)
    assert "Permission denied" in str(other)


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(CannotOpen, match=f"PORT={port}"):
        chosen([])


def test_choices_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("VORTEX_HOME", str(tmp_path))
    monkeypatch.setenv("DEMO", "0")

    picked = chosen(["--measure"])

    assert picked == Options(tmp_path, "127.0.0.1", 9000, demo=False, measure=True)
    assert picked.address == "http://localhost:9000"
