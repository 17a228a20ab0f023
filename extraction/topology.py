"""Telling every deployment where each context answers: one topology file for each, all from seats.

A deployment's file names the contexts that live elsewhere; its own it finds at home. What operators
wrote into a file (operations switched off, a share of the reads) is kept.
"""

import os
from pathlib import Path

import msgspec

from config.contexts import CONTEXTS
from extraction.fronting import follow
from extraction.journal import Journal
from extraction.places import BANK, Bank, Place
from vortex.embedded.files import exclusive
from vortex.topology.routes import Route, Topology, replace_file


def announce(bank: Bank, journal: Journal) -> str:
    """Bring every file and the gateway up to the seats; say why the gateway is not, "" if it is."""
    places = _places(bank, journal)
    for path, own in _files(bank):
        _write(path, places, own)
    away = {name: url for name, (place, url) in places.items() if place != BANK}
    return follow(bank.home, bank.environment["VORTEX_SELF_URL"], away)


def hand_over(context: str, target: Place, source: Place) -> None:
    """Tell both sides of a move that a context answers at its new owner's, the new owner first.

    Were the old owner told first, the two would point at each other for an instant. The others
    learn of it by `announce`; until then the side that they ask hands their requests on. Writers
    wait for this, so it does not wait for the disk: `keep` does, afterwards.
    """
    share(target.topology, context, Route(), durable=False)
    share(source.topology, context, Route("remote", target.url), durable=False)


def keep(*places: Place) -> None:
    """Wait until the topology files are on disk."""
    for place in places:
        with place.topology.open("rb") as file:
            os.fsync(file.fileno())


def share(path: Path, context: str, route: Route, *, durable: bool = True) -> None:
    """Say in one deployment's file where a context answers; a local route says nothing."""
    with exclusive(path.with_name("topology.lock")):
        known = read(path)
        others = {name: route for name, route in known.contexts.items() if name != context}
        if route.mode != "local":
            others[context] = route
        replace_file(path, Topology(others, known.killed), durable=durable)


def read(path: Path) -> Topology:
    """Return what a file says; a missing one says nothing."""
    if not path.exists():
        return Topology()
    return msgspec.json.decode(path.read_bytes(), type=Topology)


def _places(bank: Bank, journal: Journal) -> dict[str, tuple[str, str]]:
    """Return the name and address of the deployment that each context lives in."""
    seats, known = journal.seats(), read(bank.topology)
    places = dict.fromkeys((c.name for c in CONTEXTS), (BANK, bank.environment["VORTEX_SELF_URL"]))
    for context in CONTEXTS:
        place = seats.get(context.name, context.service if bank.apart(context) else BANK)
        if place != BANK:
            service = bank.service(context)
            url = service.url if service else known.contexts.get(context.name, Route()).url
            places[context.name] = (place, url)
    return places


def _files(bank: Bank) -> list[tuple[Path, str]]:
    """Return each deployment's file, and the name under which it finds itself in the seats."""
    services = [(known.service, bank.service(known)) for known in CONTEXTS]
    own = [(service.topology, name) for name, service in services if service is not None]
    return [*own, (bank.topology, BANK)]


def _write(path: Path, places: dict[str, tuple[str, str]], own: str) -> None:
    with exclusive(path.with_name("topology.lock")):
        _rewrite(path, places, own)


def _rewrite(path: Path, places: dict[str, tuple[str, str]], own: str) -> None:
    known = read(path)
    away = {name: Route("remote", url) for name, (place, url) in places.items() if place != own}
    for name, route in known.contexts.items():
        if route.mode == "reads" and name in away:  # a stand-by that answers reads goes on doing so
            away[name] = Route("reads", away[name].url)
    shared = {
        name: route
        for name, route in known.contexts.items()
        if name not in away and route.mode in ("split", "shadow") and path.exists()
    }
    fresh = Topology({**shared, **away}, known.killed)
    if fresh != known or not path.exists():
        replace_file(path, fresh)
