"""Keeps a list of processes alive: starts them in order, restarts the dead, stops in reverse.

It knows nothing of banks. A part is a server of ours or a plain program; a topology is a list.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

import psutil

from vortex.embedded.failures import CannotOpen
from vortex.embedded.process import Process

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
# A process that lived this long has recovered; its next death is a first one again.
RECOVERED_SECONDS = 60.0


class Part(Protocol):
    """Something to keep alive. `start` may raise CannotOpen; `stop` waits until it has ended."""

    @property
    def process(self) -> Process:
        """The process that is watched."""

    def start(self) -> None:
        """Start it, or do nothing where it runs."""

    def stop(self) -> None:
        """Stop it, or do nothing where it does not run."""


@dataclass
class Program:
    """A part that is one command, with the environment it runs in."""

    process: Process
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    patience_seconds: float = 15

    def start(self) -> None:
        """Start the command, after ending one that a killed supervisor left."""
        if self.process.pid is None:
            self.process.end_orphan(self.patience_seconds)
            self.process.start(self.command, environment=self.environment, directory=self.directory)

    def stop(self) -> None:
        """Ask it to end and wait for as long as it has patience for."""
        self.process.end(self.patience_seconds)


class State(Enum):
    """Where a part is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass
class Watch:
    """What the supervisor knows of one part."""

    part: Part
    group: int
    state: State = State.WAITING
    restarts: int = 0
    failures: int = 0  # in a row, each before it had recovered
    memory_bytes: int = 0
    started: float = 0.0
    resume: float = 0.0
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the part."""
        return self.part.process.name


@dataclass
class Supervisor:
    """The parts of a running system: `open` them, `tick` a few times a second, `close` them."""

    clock: Callable[[], float] = time.monotonic
    watches: list[Watch] = field(default_factory=list)

    def open(self, *parts: Part) -> None:
        """Start more parts in their order; what is opened together is closed together."""
        group = self.watches[-1].group + 1 if self.watches else 0
        for part in parts:
            watch = Watch(part, group)
            self.watches.append(watch)
            part.start()
            self._started(watch)

    def tick(self) -> list[str]:
        """Notice deaths and bring back what is due; return sentences about what happened."""
        said: list[str] = []
        for watch in self.watches:
            if watch.state is State.RUNNING and watch.part.process.pid is None:
                said.append(self._died(watch, f"ended with {watch.part.process.exit_code}"))
            elif watch.state is State.RESTARTING and self.clock() >= watch.resume:
                said.append(self._restart(watch))
        return said

    def weigh(self) -> None:
        """Measure the memory of every part, shared pages counted once, and trim its log."""
        for watch in self.watches:
            watch.part.process.trim_log()
            pid = watch.part.process.pid
            watch.memory_bytes = _memory(pid) if pid is not None else 0

    def close(self, tell: Callable[[str], None]) -> None:
        """Stop every part: the group opened last first, its parts all at once."""
        for _, group in itertools.groupby(reversed(self.watches), lambda watch: watch.group):
            together = list(group)
            tell(" and ".join(watch.name for watch in together))
            for watch in together:
                watch.part.process.ask_to_end()
            for watch in together:
                watch.part.stop()
                watch.state = State.STOPPED

    def _started(self, watch: Watch) -> None:
        watch.state, watch.started, watch.note = State.RUNNING, self.clock(), ""

    def _died(self, watch: Watch, how: str) -> str:
        if self.clock() - watch.started > RECOVERED_SECONDS:
            watch.failures = 0
        pause = min(FIRST_PAUSE_SECONDS * 2**watch.failures, LONGEST_PAUSE_SECONDS)
        watch.failures += 1
        watch.state, watch.resume = State.RESTARTING, self.clock() + pause
        watch.note = f"{how}; again in {pause:g} s"
        return f"{watch.name} {watch.note}"

    def _restart(self, watch: Watch) -> str:
        watch.restarts += 1
        try:
            watch.part.start()
        except CannotOpen as refusal:
            return self._died(watch, str(refusal).splitlines()[0])
        self._started(watch)
        return f"{watch.name} restarted (pid {watch.part.process.pid})"


def _memory(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_own_memory(member) for member in family)


def _own_memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", 0) or full.rss)
