"""A second process that serves every context from this worker's databases, started on demand."""

import atexit
import subprocess
import sys
from functools import cache
from typing import Final

from django.conf import settings

_STOP_SECONDS: Final = 10


@cache
def url() -> str:
    """Return the address of the process; it ends with this one."""
    server = subprocess.Popen(
        [sys.executable, "-m", "vortex.testing.serve"],
        cwd=settings.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_stop, server)
    if server.stdout is None:
        raise AssertionError("the process was given a pipe")
    line = server.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"the second process ended with {server.wait(_STOP_SECONDS)}")
    return str(line)


def _stop(server: "subprocess.Popen[str]") -> None:
    server.terminate()
    server.communicate(timeout=_STOP_SECONDS)
