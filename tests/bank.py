"""A whole bank for tests: the same supervised processes that `make up` starts, on a free port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from extraction.up.topology import home_of

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "vortex-demo-2026"
OPENING_SECONDS = 180


class Bank:
    """One running bank under a home of its own; every process of it can be found and killed.

    With a topology, such as `split:transactions` or `all`, contexts are services behind a gateway;
    without one the environment's TOPOLOGY decides, so that the journeys run in every topology.
    """

    def __init__(
        self,
        home: Path,
        command: list[str] | None = None,
        cwd: Path = ROOT,
        *,
        topology: str | None = None,
    ) -> None:
        self.topology = os.environ.get("TOPOLOGY", "") if topology is None else topology
        self._place = home
        self.home = home_of(home, self.topology)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        package = "extraction.up" if self.topology else "config.up"
        self._command = command or [sys.executable, "-m", package]
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, **environment: str) -> None:
        """Start the bank and return once it says that it is ready."""
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=_environment(self._place, self.port) | self._asked() | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(self.ready, OPENING_SECONDS, "the bank opens", self.said)

    def close(self) -> int:
        """Stop the bank as Ctrl-C does and return its exit code."""
        if self._process is None:
            return 0
        os.kill(self.supervisor(), signal.SIGINT)
        code = self._process.wait(timeout=60)
        self._process = None
        return code

    def supervisor(self) -> int:
        """Return the pid of the process that supervises; `make`, where it began, is its parent."""
        published = self.home / "run" / "endpoints.json"
        if published.exists():
            return int(msgspec.json.decode(published.read_bytes())["pid"])
        assert self._process is not None
        return self._process.pid

    def ready(self) -> bool:
        """Say whether /health/ready answers 200."""
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"the bank ended with {self._process.returncode}:\n{self.said()}")
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        """Return the end of what the bank printed."""
        return self._log().read_text(errors="replace")[-4000:]

    def _log(self) -> Path:
        return self._place.parent / f"{self._place.name}.log"

    def _asked(self) -> dict[str, str]:
        return {"TOPOLOGY": self.topology}

    def pid(self, name: str) -> int:
        """Return the pid of one supervised process."""
        record = (self.home / "run" / f"{name}.pid").read_bytes()
        return int(msgspec.json.decode(record)["pid"])

    def kill(self, name: str) -> None:
        """Kill one process at once, with everything that it started, as a power cut would."""
        os.killpg(self.pid(name), signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        """Return the environment of a command that talks to the servers of this bank."""
        return _environment(self.home, self.port)

    def manage(self, *words: str, timeout: float = 120) -> str:
        """Run a management command against the running bank and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self._cwd,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def client(self, email: str = "", password: str = PASSWORD) -> httpx.Client:
        """Return an HTTP client, signed in where an e-mail address is given."""
        headers = {}
        if email:
            said = {"email": email, "password": password}
            answer = httpx.post(f"{self.url}/api/auth/login", json=said, timeout=30)
            assert answer.status_code == 200, answer.text
            headers["Authorization"] = f"Bearer {answer.json()['access']}"
        return httpx.Client(base_url=self.url, timeout=30, headers=headers)


@contextmanager
def place() -> Iterator[Path]:
    """Make a directory for a bank and remove it afterwards.

    Not pytest's: as root the servers run as a user of their own, whom pytest locks out of its
    directories whenever another run begins.
    """
    directory = Path(tempfile.mkdtemp(prefix="vortex-bank-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    done: Callable[[], Any], seconds: float, what: str, evidence: Callable[[], str] = str
) -> None:
    """Ask until the answer is yes; fail with what was waited for and the evidence at hand."""
    end = time.monotonic() + seconds
    pause = 0.02
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}\n{evidence()}")
        _pause(pause)
        pause = min(pause * 1.5, 0.5)


def _pause(seconds: float) -> None:
    """Wait between two questions to another process; nothing it could signal reaches this one."""
    signal.sigtimedwait([], seconds)


def _environment(home: Path, port: int) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VORTEX_", "DJANGO_", "PYTEST_", "COV_"))
    }
    limits = {"VORTEX_RATE_LIMIT_SCALE": "1000"}
    return inherited | limits | {"VORTEX_HOME": str(home), "PORT": str(port)}
