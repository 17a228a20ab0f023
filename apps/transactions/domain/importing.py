"""The life of an import, as a table, and which of its lines are there already."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

Key = tuple[str, ...]


class ImportState(StrEnum):
    """Where an import stands; the last three are final, but for a failed one that is told more."""

    READING = "reading"
    NEEDS_MAPPING = "needs_mapping"
    READY = "ready"
    PUBLISHING = "publishing"
    FAILED = "failed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class RowStatus(StrEnum):
    """What becomes, or became, of a line."""

    NEW = "new"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    EXCLUDED = "excluded"
    POSTED = "posted"
    REFUSED = "refused"


_TOLD: Final = (ImportState.READING, ImportState.CANCELLED)
NEXT: Final[dict[ImportState, tuple[ImportState, ...]]] = {
    ImportState.READING: (
        *(ImportState.READY, ImportState.NEEDS_MAPPING),
        *(ImportState.FAILED, ImportState.CANCELLED),
    ),
    ImportState.NEEDS_MAPPING: _TOLD,
    ImportState.FAILED: _TOLD,
    ImportState.READY: (*_TOLD, ImportState.PUBLISHING),
    ImportState.PUBLISHING: (ImportState.PUBLISHED,),
    ImportState.PUBLISHED: (),
    ImportState.CANCELLED: (),
}


def placed(keys: Sequence[Key], standing: Mapping[Key, int]) -> list[tuple[int, bool]]:
    """Return for each line which of its equals it is, and whether the account has it already.

    Of N equal lines, where the account has M of them, the first M are there and the others are new:
    two coffees on one day are two lines, and the same file read again adds none.
    """
    seen: Counter[Key] = Counter()
    found = []
    for key in keys:
        found.append((seen[key], seen[key] < standing.get(key, 0)))
        seen[key] += 1
    return found
