"""What is looked at before anything is touched, so that a refusal leaves no trace."""

import os
import shutil
from pathlib import Path

from config.up.options import Options
from vortex.embedded import ports
from vortex.embedded.failures import CannotOpen, DiskFull, InUse, PortTaken, disk_full
from vortex.embedded.files import Lock

# An empty bank with its write-ahead log and the demonstration's two years.
FIRST_BYTES = 1_000_000_000
LATER_BYTES = 300_000_000


def take_home(options: Options) -> Lock:
    """Return the lock on the home; refuse where the disk is full or a bank is open there."""
    try:
        options.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_full(options.home, error) from error
    if not os.access(options.home, os.W_OK):
        raise CannotOpen(f"{options.home} is not writable; choose another place with VORTEX_HOME=.")
    lock = Lock(options.home / "run" / "up.lock")
    if not lock.take(f"{options.address} (pid {os.getpid()})"):
        raise InUse(f"The bank in {options.home} is already open at {lock.note()}.")
    return lock


def check_port(options: Options) -> None:
    """Refuse a port that someone else listens on, naming them where the system tells."""
    if ports.is_free(options.port, options.host):
        return
    by = ports.holder(options.port)
    raise PortTaken(
        f"Port {options.port} is taken{f' by {by}' if by else ''}. "
        f"Choose another: make up PORT={options.port + 1 if options.port < 65_535 else 8001}"
    )


def check_disk(home: Path) -> None:
    """Refuse to start with so little room that PostgreSQL might stop in the middle of a write."""
    needed = LATER_BYTES if (home / "postgres").exists() else FIRST_BYTES
    free = free_bytes(home)
    if free < needed:
        raise DiskFull(
            f"The disk that holds {home} has {free // 1_000_000} MB left and the bank needs "
            f"{needed // 1_000_000} MB. Nothing was started. Free some space, or choose another "
            "disk with VORTEX_HOME=."
        )


def free_bytes(home: Path) -> int:
    """Return how much an ordinary user may still write there."""
    return shutil.disk_usage(home).free
