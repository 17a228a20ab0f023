"""The topology file: where each context answers and which operations are switched off.

The file is replaced by renaming a new one into place, as Envoy's route files are, so a reader sees
the old one or the new one and never half of either. Without a file everything runs here.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Final, Literal

import msgspec
from django.conf import settings

from vortex.errors import Unavailable

Mode = Literal["local", "remote", "split", "shadow", "reads"]

# Looking at the file's time stamp is cheap, not free: a change is seen at the latest after this.
_LOOK_AGAIN_SECONDS: Final = 0.1


class OperationKilled(Unavailable, code="operation_killed", title="Switched off"):
    """An operator has switched this operation off."""


class Route(msgspec.Struct, frozen=True):
    """Where calls to a context go.

    `percent` is the share that a split sends to `url`, and of a shadow the share of the people
    whose commands are replayed there. `reads` is what a stand-by has for its own context: it
    answers the reads that a gateway in front sends to it, and hands the rest to the owner at `url`.
    """

    mode: Mode = "local"
    url: str = ""
    percent: int = 0


class Topology(msgspec.Struct, frozen=True):
    """The whole file: routes by context, and the paths of operations that are switched off."""

    contexts: dict[str, Route] = {}
    killed: tuple[str, ...] = ()


class _Cache:
    """The last good topology, with the stamp of the file that it came from."""

    topology: Topology = Topology()
    stamp: tuple[str, int, int] = ("", 0, 0)
    looked_at: float = float("-inf")


def current_topology() -> Topology:
    """Return the topology in force."""
    moment = time.monotonic()
    if moment - _Cache.looked_at < _LOOK_AGAIN_SECONDS:
        return _Cache.topology
    path = settings.VORTEX_TOPOLOGY_FILE
    try:
        status = os.stat(path)  # noqa: PTH116 - on the path of every call
    except OSError:
        _Cache.topology, _Cache.stamp = Topology(), ("", 0, 0)
    else:
        stamp = (path, status.st_mtime_ns, status.st_ino)
        if stamp != _Cache.stamp:
            _Cache.topology = msgspec.json.decode(Path(path).read_bytes(), type=Topology)
            _Cache.stamp = stamp
    # Last: until then another thread looks by itself, and none goes by what stood before the file.
    _Cache.looked_at = moment
    return _Cache.topology


def route_of(context: str) -> Route:
    """Return where calls to a context go now.

    A context that is not hosted and has no route is local in name only; the binding refuses it.
    """
    return current_topology().contexts.get(context, Route())


def killed(operation: str) -> bool:
    """Say whether an operation, such as `transactions.Ledger.post`, is switched off."""
    return operation in current_topology().killed


def refuse_killed(operation: str) -> None:
    """Refuse with OperationKilled where an operation is switched off."""
    if killed(operation):
        raise OperationKilled(operation=operation)


def write_topology(topology: Topology) -> None:
    """Put a new topology in force for every process that reads this file."""
    replace_file(Path(settings.VORTEX_TOPOLOGY_FILE), topology)
    forget()


def replace_file(path: Path, topology: Topology, *, durable: bool = True) -> None:
    """Rename a new topology file into place; it needs no Django, so any operator's tool may.

    Whoever cannot wait for the disk says `durable=False`, and syncs the file a moment later.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".topology-", delete=False) as file:
        file.write(msgspec.json.format(msgspec.json.encode(topology), indent=2) + b"\n")
        file.flush()
        if durable:
            os.fsync(file.fileno())
    Path(file.name).replace(path)


def forget() -> None:
    """Make the next question read the file again."""
    _Cache.looked_at = float("-inf")
