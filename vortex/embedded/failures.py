"""What can stop an embedded bank from opening, each said in a sentence a newcomer can act on."""

import errno
from pathlib import Path

NEEDED_BYTES = 1 << 30


class CannotOpen(Exception):  # noqa: N818 - it is a message to a person
    """The bank does not open; the text says why and what to do."""


class InUse(CannotOpen):
    """Another process owns the servers of this home."""


class PortTaken(CannotOpen):
    """Another program listens on the port."""


class DiskFull(CannotOpen):
    """There is no room to keep the bank's data safely."""


def disk_full(path: Path, error: OSError) -> CannotOpen:
    """Translate an operating system's error about a file into what to do about it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"The disk that holds {path} is full. Free some space and run it again.")
    return CannotOpen(f"{path} cannot be written: {error.strerror}.")
