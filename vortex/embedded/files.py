"""Small files that must never be seen half written, and locks that die with their holder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_private(path: Path, text: str) -> None:
    """Replace a file's content in one step, readable by its owner only, and on disk on return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Lock:
    """A file lock held from `take` until `release` or the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self, note: str = "") -> bool:
        """Take the lock and leave a note for those who come later, or return False.

        Taking a lock that one holds is harmless.
        """
        if self._file is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        self.leave(note)
        return True

    def leave(self, note: str) -> None:
        """Replace the note while the lock is held."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.write(note)
            self._file.flush()

    def note(self) -> str:
        """Return what the holder left for others to read."""
        return self.path.read_text() if self.path.exists() else ""

    def release(self) -> None:
        """Let others in; releasing twice is harmless."""
        if self._file is not None:
            self._file.close()
            self._file = None


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for the file lock and hold it for the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
