"""The supervisor restarts the dead with growing pauses and stops groups in reverse."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vortex.embedded.process import Process, wait_until
from vortex.embedded.supervisor import LONGEST_PAUSE_SECONDS, Program, State, Supervisor

ROOT = Path(__file__).resolve().parents[3]
LIVES, DIES = "import time; time.sleep(600)", "raise SystemExit(3)"


class Hands:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def supervisor(hands: Hands) -> Iterator[Supervisor]:
    one = Supervisor(clock=hands)
    yield one
    one.close(lambda _: None)


def program(home: Path, name: str, code: str) -> Program:
    """Return a program of one line of Python."""
    return Program(Process(name, home), (sys.executable, "-c", code), {}, ROOT)


def ended(supervisor: Supervisor) -> bool:
    """Wait until the first part has ended."""
    process = supervisor.watches[0].part.process
    return wait_until(lambda: process.exit_code is not None, 20)


def test_a_killed_child_comes_back_after_a_pause(
    home: Path, supervisor: Supervisor, hands: Hands
) -> None:
    part = program(home, "worker", LIVES)
    supervisor.open(part)
    part.process.end(patience_seconds=0)

    said = supervisor.tick()
    assert said == ["worker ended with -15; again in 0.5 s"]
    assert supervisor.watches[0].state is State.RESTARTING
    assert supervisor.tick() == []

    hands.seconds += 0.5
    assert supervisor.tick() == [f"worker restarted (pid {part.process.pid})"]
    assert supervisor.watches[0].restarts == 1


def test_pauses_grow_to_a_limit_while_it_keeps_dying(
    home: Path, supervisor: Supervisor, hands: Hands
) -> None:
    supervisor.open(program(home, "worker", DIES))
    pauses = []
    for _ in range(8):
        assert ended(supervisor)
        supervisor.tick()
        pauses.append(supervisor.watches[0].resume - hands.seconds)
        hands.seconds = supervisor.watches[0].resume
        supervisor.tick()

    assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    assert supervisor.watches[0].failures == 8


def test_one_that_lived_for_long_starts_over_with_a_short_pause(
    home: Path, supervisor: Supervisor, hands: Hands
) -> None:
    supervisor.open(program(home, "worker", DIES))
    assert ended(supervisor)
    supervisor.watches[0].failures = 6
    hands.seconds += 61

    supervisor.tick()

    assert supervisor.watches[0].failures == 1
    assert supervisor.watches[0].resume == hands.seconds + 0.5


def test_what_was_opened_last_is_closed_first(home: Path, hands: Hands) -> None:
    supervisor = Supervisor(clock=hands)
    supervisor.open(program(home, "postgres", LIVES))
    supervisor.open(program(home, "relay", LIVES), program(home, "worker", LIVES))
    supervisor.open(program(home, "web", LIVES))
    order: list[str] = []

    supervisor.close(order.append)

    assert order == ["web", "worker and relay", "postgres"]
    assert all(watch.part.process.pid is None for watch in supervisor.watches)


def test_memory_is_measured_with_the_children(home: Path, supervisor: Supervisor) -> None:
    supervisor.open(program(home, "worker", LIVES))

    def grew() -> bool:
        supervisor.weigh()
        return supervisor.watches[0].memory_bytes > 1_000_000

    assert wait_until(grew, 20)  # a process that has only just begun is nearly empty
