"""One process of ours: started with its log, remembered across our own death, ended politely.

A record of pid and start time lies beside the lock, so that whoever comes after a killed parent can
tell an orphan of ours from a stranger who got the same pid.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from vortex.embedded.account import Account
from vortex.embedded.failures import disk_full
from vortex.embedded.files import write_private

LONGEST_LOG_BYTES, KEPT_LOG_BYTES = 20_000_000, 1_000_000

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Process:
    """A process under a name, with its log in <home>/log and its record in <home>/run.

    Start it from the main thread: on Linux it gets `stop_signal` when the thread that started it
    ends, so that a killed parent leaves nothing behind.
    """

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.log = home / "log" / f"{name}.log"
        self._record = home / "run" / f"{name}.pid"
        self._stop_signal = stop_signal
        self._account = account or Account()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the living process, or None."""
        return self._child.pid if self._child is not None and self.exit_code is None else None

    @property
    def exit_code(self) -> int | None:
        """What the process ended with; None while it lives or where it never started."""
        return self._child.poll() if self._child is not None else None

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        """Start the command in a session of its own; Ctrl-C in the terminal does not reach it."""
        try:
            self._prepare_log()
            with self.log.open("ab") as log:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=directory,
                    env=environment,
                    start_new_session=True,
                    preexec_fn=_end_with_parent(self._stop_signal),  # noqa: PLW1509 - two system calls
                    user=self._account.uid,
                    group=self._account.gid,
                    extra_groups=[] if self._account.is_other else None,
                )
            self._remember(self._child.pid)
        except OSError as error:
            self.end(patience_seconds=0)
            raise disk_full(self.log, error) from error

    def ask_to_end(self) -> None:
        """Send the stop signal and return at once."""
        if self._child is not None and self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(self._stop_signal)

    def end(self, patience_seconds: float) -> None:
        """Ask the process to end, wait, then kill it and whatever it left in its session."""
        if self._child is None:
            return
        self.ask_to_end()
        try:
            self._child.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self._record.unlink(missing_ok=True)

    def end_orphan(self, patience_seconds: float) -> bool:
        """End what a killed predecessor left running under this name; return whether there was any.

        A record whose pid belongs to nobody, or to a stranger, is stale; the next one replaces it.
        """
        orphan = self._orphan()
        if orphan is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.send_signal(self._stop_signal)
                try:
                    orphan.wait(patience_seconds)
                except psutil.TimeoutExpired:
                    orphan.kill()
                    orphan.wait()
        return orphan is not None

    def last_lines(self, count: int = 1) -> list[str]:
        """Return the last lines of the log that are not empty, oldest first."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode(errors="replace").splitlines()
        return [line.strip() for line in lines if line.strip()][-count:]

    def trim_log(self) -> None:
        """Keep the end of a log that grew too long beside it, and start it afresh.

        The process appends, so it goes on at the new end; lines written in between are lost.
        """
        if not self.log.exists() or self.log.stat().st_size < LONGEST_LOG_BYTES:
            return
        with self.log.open("r+b") as log:
            log.seek(-KEPT_LOG_BYTES, os.SEEK_END)
            self.log.with_suffix(".log.old").write_bytes(log.read())
            log.truncate(0)

    def _prepare_log(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.touch(mode=0o600)

    def _remember(self, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            started = psutil.Process(pid).create_time()
            write_private(self._record, json.dumps({"pid": pid, "started": started}))

    def _orphan(self) -> psutil.Process | None:
        try:
            record = json.loads(self._record.read_text())
            found = psutil.Process(int(record["pid"]))
            same = abs(found.create_time() - float(record["started"])) < 1
        except (FileNotFoundError, ValueError, KeyError, psutil.Error):
            return None
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes; return whether it came in time."""
    end, pause = time.monotonic() + seconds, 0.02
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.3, 0.25)
    return True


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what makes the kernel end a child with us; only Linux knows how."""
    libc = _libc
    if libc is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return arrange
