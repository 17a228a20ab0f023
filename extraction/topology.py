"""Telling every deployment where each context answers: one topology file for each, all from seats.

A deployment's file names the contexts that live elsewhere; its own it finds at home. What operators
wrote into a file (operations switched off, a share of the reads) is kept.
"""

from pathlib import Path

import msgspec

from config.contexts import CONTEXTS, Context
from extraction.journal import Journal
from extraction.places import BANK, Bank
from vortex.embedded.files import exclusive
from vortex.topology.routes import Route, Topology, replace_file


def announce(bank: Bank, journal: Journal) -> dict[str, str]:
    """Bring every file up to the seats; return where each context that has moved answers."""
    with exclusive(bank.home / "run" / "extraction.lock"):
        places = {known.name: _place_of(bank, journal, known) for known in CONTEXTS}
        _write(bank.topology, places, BANK)
        for known in CONTEXTS:
            service = bank.service(known)
            if service is not None:
                _write(service.topology, places, known.service)
    return {name: url for name, (place, url) in places.items() if place != BANK}


def share(path: Path, context: str, route: Route) -> None:
    """Say in one deployment's file where a context answers; a local route says nothing."""
    with exclusive(path.with_name("topology.lock")):
        known = read(path)
        others = {name: route for name, route in known.contexts.items() if name != context}
        if route.mode != "local":
            others[context] = route
        replace_file(path, Topology(others, known.killed))


def read(path: Path) -> Topology:
    """Return what a file says; a missing one says nothing."""
    if not path.exists():
        return Topology()
    return msgspec.json.decode(path.read_bytes(), type=Topology)


def _place_of(bank: Bank, journal: Journal, known: Context) -> tuple[str, str]:
    """Return the name and address of the deployment that a context lives in."""
    seat = journal.seat(known.name)
    if seat.place == BANK:
        return BANK, bank.environment["VORTEX_SELF_URL"]
    service = bank.service(known)
    if service is not None:
        return seat.place, service.url
    return seat.place, read(bank.topology).contexts.get(known.name, Route()).url


def _write(path: Path, places: dict[str, tuple[str, str]], own: str) -> None:
    with exclusive(path.with_name("topology.lock")):
        _rewrite(path, places, own)


def _rewrite(path: Path, places: dict[str, tuple[str, str]], own: str) -> None:
    known = read(path)
    away = {name: Route("remote", url) for name, (place, url) in places.items() if place != own}
    shared = {
        name: route
        for name, route in known.contexts.items()
        if name not in away and route.mode in ("split", "shadow") and path.exists()
    }
    fresh = Topology({**shared, **away}, known.killed)
    if fresh != known or not path.exists():
        replace_file(path, fresh)
