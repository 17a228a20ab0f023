"""The service's own code in a process that replays what it is told and can do nothing else."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import msgspec

from config.up.service import home_of
from extraction.failures import Stop
from extraction.moving import Move
from vortex.binding.rehearsing import READY
from vortex.binding.replay import Effects, Order
from vortex.embedded import endpoints

_ROOT = Path(__file__).resolve().parents[1]


class Replayer:
    """A process that is shut (vortex/binding/rehearsing.py), for the length of a block."""

    def __init__(self, move: Move) -> None:
        known = endpoints.read(home_of(move.bank.home, move.name)) or {}
        elsewhere = os.environ.get("VORTEX_MOVE_REHEARSE", "")
        here = [sys.executable, "-m", "vortex.binding.rehearsing", move.name]
        self._command = shlex.split(elsewhere) or here
        self._environment = {**os.environ, **known}

    def __enter__(self) -> "Replayer":
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command,
            cwd=_ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # Ctrl-C is for us, and ends it in its time
        )
        if self._line() != READY.encode():
            self._stop()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def ask(self, order: Order) -> Effects:
        """Have one command replayed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            self._process.stdin.flush()
            return msgspec.json.decode(self._line(), type=Effects)
        except (OSError, msgspec.MsgspecError):
            self._stop()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return bytes(self._process.stdout.readline())

    def _stop(self) -> NoReturn:
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()[-3:]
        raise Stop(f"The service's code cannot replay: {' '.join(said) or 'it ended'}")
