"""Disks that are full: the service's, and the owner's; file systems of their own that one fills.

They are mounted, so root is needed; elsewhere these faults are left out, and the matrix says so.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from tests.bank import Bank, wait_for
from tests.topologies.commands import ended

HOME_MEGABYTES, SERVICES_MEGABYTES = 2_048, 640
_FULL_SECONDS = 4.0


def can_mount() -> bool:
    """Say whether this account may mount a file system."""
    return os.geteuid() == 0


@contextmanager
def small_disks(home: Path) -> Iterator[None]:
    """Put a bank on a small disk, and its services on a smaller one."""
    services = home / "services"
    _mount(home, HOME_MEGABYTES)
    _mount(services, SERVICES_MEGABYTES)
    try:
        yield
    finally:
        for place in (services, home):
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def fill_the_services(bank: Bank, context: str) -> str:
    """Fill the disk of the side that is to own the data, then ask for the move."""
    ended("move", context, "--until", "copy", bank=bank)
    with _full(bank.home / "services"):
        code, said = ended("move", context, "--patience", "3", bank=bank)
    assert code == 1, said
    return said


def fill_the_owners(bank: Bank, context: str) -> str:
    """Fill the disk of the side that owns the data: writers are refused, and nothing moves."""
    with _full(bank.home):
        code, said = ended("move", context, "--patience", "3", bank=bank)
    assert code == 1, said
    wait_for(bank.ready, 120, "the bank is ready again", bank.said)
    return said


def _mount(place: Path, megabytes: int) -> None:
    place.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], check=True)


@contextmanager
def _full(place: Path) -> Iterator[None]:
    """Leave not a byte free for a while."""
    ballast = place / "ballast"
    try:
        _take_all(ballast)
        Event().wait(_FULL_SECONDS)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _take_all(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        with suppress(OSError):
            free = os.statvfs(ballast).f_bavail * os.statvfs(ballast).f_frsize
            os.posix_fallocate(file.fileno(), 0, free)
        file.seek(0, os.SEEK_END)
        with suppress(OSError):
            while file.write(b"x" * 4096):
                pass
