"""Where the bytes that customers send are kept: beside the ledger, or in a directory.

In the database by default: one backup, one restore, and they move along when the context moves. A
bank with many attachments names a directory instead, which its operators back up by themselves.
"""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from apps.transactions.conf import files_directory
from apps.transactions.models import StoredFile


class Files(Protocol):
    """Bytes by id."""

    def put(self, *, file_id: UUID, content: bytes, at: datetime) -> None:
        """Keep bytes. A second call with the id and the same bytes changes nothing."""
        ...

    def get(self, *, file_id: UUID) -> bytes:
        """Return the bytes; FileNotFoundError where there are none."""
        ...

    def drop(self, *, file_id: UUID) -> None:
        """Forget bytes; those that are not there are forgotten already."""
        ...


class DatabaseFiles:
    """Keeps bytes in the context's database, in the transaction that needs them."""

    def put(self, *, file_id: UUID, content: bytes, at: datetime) -> None:
        """Keep bytes."""
        StoredFile.objects.bulk_create(
            [
                StoredFile(
                    id=file_id,
                    sha256=hashlib.sha256(content).digest(),
                    size_bytes=len(content),
                    content=content,
                    stored_at=at,
                )
            ],
            ignore_conflicts=True,
        )

    def get(self, *, file_id: UUID) -> bytes:
        """Return the bytes."""
        found = StoredFile.objects.filter(pk=file_id).first()
        if found is None:
            raise FileNotFoundError(str(file_id))
        return bytes(found.content)

    def drop(self, *, file_id: UUID) -> None:
        """Forget bytes."""
        StoredFile.objects.filter(pk=file_id).delete()


class DirectoryFiles:
    """Keeps each file under its id, whole or not at all; what people call it never names a path."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, *, file_id: UUID, content: bytes, at: datetime) -> None:
        """Keep bytes."""
        del at
        place = self._place(file_id)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = place.with_suffix(f".{os.getpid()}")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)

    def get(self, *, file_id: UUID) -> bytes:
        """Return the bytes."""
        return self._place(file_id).read_bytes()

    def drop(self, *, file_id: UUID) -> None:
        """Forget bytes."""
        self._place(file_id).unlink(missing_ok=True)

    def _place(self, file_id: UUID) -> Path:
        return self._root / file_id.hex[-2:] / file_id.hex


def files() -> Files:
    """Return where this bank keeps its files."""
    directory = files_directory()
    return DirectoryFiles(Path(directory)) if directory else DatabaseFiles()
