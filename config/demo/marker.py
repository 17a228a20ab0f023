"""A note of how far the demonstration bank is filled, so that a start with nothing to do is quick.

It is written after everything it claims. It is a note about one bank: a bank that does not know the
first customer has not been filled, whatever a note says.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from vortex.contracts import Value


class Marker(Value):
    """Everything of these customers up to `until` is posted; `first` is the first customer's id."""

    first: UUID
    customers: int
    until: datetime


def read(path: Path) -> Marker | None:
    """Return the note, or None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Marker)
    except (OSError, msgspec.DecodeError):
        return None


def write(path: Path, marker: Marker) -> None:
    """Replace the note as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(marker))
    draft.replace(path)
