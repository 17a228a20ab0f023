"""A process of ours is remembered, told apart from strangers, and ended with all it left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from vortex.embedded.failures import CannotOpen
from vortex.embedded.process import LONGEST_LOG_BYTES, Process, wait_until

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
DEAF = (
    sys.executable,
    "-uc",
    (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf');"
        "time.sleep(600)"
    ),
)


@pytest.fixture
def process(home: Path) -> Iterator[Process]:
    one = Process("sleeper", home)
    yield one
    one.end(patience_seconds=0)


def test_an_orphan_of_a_killed_parent_is_ended(home: Path, process: Process) -> None:
    process.start(SLEEP)
    pid = process.pid

    assert Process("sleeper", home).end_orphan(patience_seconds=10)
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_a_stranger_with_the_same_pid_lives_on(home: Path, process: Process) -> None:
    process.start(SLEEP)
    record = home / "run" / "other.pid"
    record.write_text(f'{{"pid": {process.pid}, "started": 12.0}}')

    assert not Process("other", home).end_orphan(patience_seconds=10)
    assert process.pid is not None


@pytest.mark.parametrize("content", ["", "{", '{"pid": "x"}', '{"pid": 99999999, "started": 1}'])
def test_a_broken_record_is_nobody(home: Path, content: str) -> None:
    record = home / "run" / "broken.pid"
    record.parent.mkdir(parents=True)
    record.write_text(content)

    assert not Process("broken", home).end_orphan(patience_seconds=1)


def test_who_does_not_listen_is_killed(process: Process) -> None:
    process.start(DEAF)
    assert wait_until(lambda: process.last_lines() == ["deaf"], 20)

    process.end(patience_seconds=0.2)

    assert process.exit_code == -signal.SIGKILL


def test_ctrl_c_in_the_terminal_does_not_reach_it(process: Process) -> None:
    process.start(SLEEP)

    assert process.pid is not None
    assert os.getsid(process.pid) != os.getsid(0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_parent_takes_its_children_along(home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from vortex.embedded.process import Process;"
        f"p = Process('child', Path({str(home)!r})); p.start({SLEEP!r}); print(p.pid, flush=True);"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    assert wait_until(lambda: not psutil.pid_exists(child), 10)


def test_a_log_that_grew_too_long_keeps_its_end_and_goes_on(process: Process) -> None:
    process.log.parent.mkdir(parents=True)
    process.log.write_bytes(b"x" * (LONGEST_LOG_BYTES - 4) + b"\nend")
    process.trim_log()

    process.start((sys.executable, "-uc", "print('again')"))

    assert wait_until(lambda: process.last_lines() == ["again"], 20)
    assert process.log.stat().st_size < 1000
    assert process.log.with_suffix(".log.old").read_bytes().endswith(b"\nend")


def test_a_command_that_does_not_exist_is_a_sentence(process: Process) -> None:
    with pytest.raises(CannotOpen, match="No such file"):
        process.start(["/nowhere/to/be/found"])
