"""The gateway in front of the bank, where there is one: it follows the seats, as the doors do.

The door of every web server holds a request that meets the fence, and hands it on to the new owner.
That is what nobody may go without, with a gateway or without one. The gateway is told a moment
later, so that requests no longer take the way round; until then, and where it does not take the new
routes, they take it. So a gateway that is dead or stuck costs a hop and loses nothing.
"""

from pathlib import Path

import msgspec

from extraction.gateway import Files, NotInForce, Plan, Route, apply
from vortex.embedded.files import exclusive, write_private

Places = dict[str, str]  # the addresses of the contexts that are not in the monolith


class Front(msgspec.Struct, frozen=True):
    """Where the running gateway listens, and on which port it takes questions."""

    port: int
    admin_port: int


def directory(home: Path) -> Path:
    """Return where the gateway of a bank keeps what it is told."""
    return home / "gateway"


def publish(home: Path, front: Front) -> None:
    """Write where the gateway is, for those who change its routes."""
    write_private(_note(home), msgspec.json.encode(front).decode())


def plan(monolith: str, away: Places) -> Plan:
    """Return the plan that sends each context to where it answers.

    Shares of reads stay with the door: it knows who has just written and must read the old side.
    """
    return Plan((monolith,), {name: Route((url,), percent=100) for name, url in away.items()})


def follow(home: Path, monolith: str, away: Places) -> str:
    """Tell the gateway where the contexts are; return why it did not take it, "" where it did.

    Nothing is asked of a bank that has none.
    """
    note = _note(home)
    if not note.exists():
        return ""
    front = msgspec.json.decode(note.read_bytes(), type=Front)
    files, wanted = Files(directory(home)), plan(monolith, away)
    with exclusive(note.with_name("plan.lock")):
        try:
            apply(files, wanted, admin_port=front.admin_port, port=front.port)
        except NotInForce as trouble:
            files.write(wanted)  # what it begins with when it is back
            return f"{trouble}; until it does, requests go through the old side's door"
    return ""


def _note(home: Path) -> Path:
    return directory(home) / "front.json"
