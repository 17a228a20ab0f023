"""Comparing what a command did with what its replay did, place by place.

The same pair of eyes as for answers (vortex/binding/shadow.py): what differs between two replays of
the *same* command at the same instant is noise (an id, a time, a secret) and is masked for that
operation from then on. What still differs from the original is a difference.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from vortex.binding.rehearsal import Entry
from vortex.binding.replay import Effects
from vortex.binding.shadow import differing
from vortex.db.rehearsing import Change

_EVENTS = "outbox_message"
# Of a deployment, not of the command: which ownership wrote the row, when it was put down.
_OF_THE_PLACE = frozenset(("epoch",))


@dataclass
class Noise:
    """What differs by itself, by operation: learnt as long as a rehearsal lasts."""

    places: dict[str, set[str]] = field(default_factory=dict)

    def of(self, operation: str) -> set[str]:
        """Return the places of an operation."""
        return self.places.setdefault(operation, set())


def original(entry: Entry, changes: list[Change]) -> Any:
    """Return the effects of a command as it was executed."""
    said = (
        {"answer": entry.answer}
        if entry.refused is None
        else {"refused": entry.refused.code, "facts": entry.refused.facts}
    )
    return _effects(said, changes, entry.calls)


def replayed(effects: Effects) -> Any:
    """Return the effects of a replay in the same shape."""
    return _effects(effects.said, effects.changes, effects.calls)


def places(one: Any, other: Any) -> set[str]:
    """Return where two effects differ."""
    return set(differing(one, other))


def net(changes: list[Change]) -> list[Change]:
    """Return what is left of changes once they have all been made, in the order of their rows.

    A row that was written twice counts once, and one that is again as it was does not count: a
    refused posting books and takes back, and where it wrote nothing else nobody can tell it by.
    """
    left: list[Change | None] = []
    latest: dict[bytes, int] = {}
    for change in changes:
        at = latest.pop(_known(change.table, change.before), None)
        if at is None:
            at = len(left)
            left.append(change)
        else:
            earlier = left[at]
            assert earlier is not None
            left[at] = _together(earlier, change)
        if left[at] is not None and change.row is not None:
            latest[_known(change.table, change.row)] = at
    return [change for change in left if change is not None and change.before != change.row]


def _together(one: Change, two: Change) -> Change | None:
    if one.before is None and two.row is None:
        return None
    how = "insert" if one.before is None else "delete" if two.row is None else "update"
    return Change(one.table, how, one.before, two.row)


def _known(table: str, row: dict[str, Any] | None) -> bytes:
    return b"" if row is None else table.encode() + msgspec.json.encode(row, order="sorted")


def _effects(said: Any, changes: list[Change], calls: list[Any]) -> Any:
    found: dict[str, Any] = {"said": said, "rows": {}, "events": [], "asked": []}
    for change in net(changes):
        row = {k: v for k, v in (change.row or {}).items() if k not in _OF_THE_PLACE}
        if change.table == _EVENTS and change.how == "insert":
            found["events"].append(row)
        else:
            found["rows"].setdefault(change.table, {}).setdefault(change.how, []).append(row)
    for call in calls:
        found["asked"].append({"operation": call.operation, "arguments": call.arguments})
    return msgspec.json.decode(msgspec.json.encode(found))
