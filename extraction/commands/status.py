"""`status`: where every context is, how far the other side is behind, and what was proved last."""

import argparse
from collections.abc import Iterator
from typing import Any

import psycopg
import redis

from config.contexts import CONTEXTS, Context
from extraction import guards, links, noting, sharing
from extraction.database import opened, value
from extraction.failures import Stop
from extraction.journal import Journal, journal
from extraction.links import Link
from extraction.places import BANK, Bank, Place, find_bank, find_context
from extraction.terminal import Terminal, explained, json_option
from extraction.topology import read
from vortex.binding import rehearsal, shadow

NAME = "status"
HELP = "where every context is, its epoch, lag and share of traffic, and the last evidence"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("context", nargs="?", help="one context, with every step of its moves")
    json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        asked = (find_context(options.context),) if options.context else CONTEXTS
        bank = find_bank()
        with journal(bank.operator_url) as book:
            found = {known.name: _state(bank, book, known) for known in asked}
            _show(terminal, found)
            if options.context:
                _show_steps(terminal, book, options.context, found)
        terminal.answer(found)
    return code[0]


def _state(bank: Bank, book: Journal, known: Context) -> dict[str, Any]:
    """Ask both databases; the journal says only what they cannot."""
    seat, service = book.seat(known.name), bank.service(known)
    if bank.apart(known):
        return _apart(known, service)
    here = bank.place(known)
    route = read(bank.topology).contexts.get(known.name)
    state: dict[str, Any] = {
        "place": seat.place,
        "epoch": seat.epoch,
        "owner_by_bank": _owner(here, known.name),
        "owner_by_service": _owner(service, known.name) if service else "no service",
        "operator": book.operator(known.name),
        "traffic_percent": 0 if route is None else 100 if route.mode == "remote" else route.percent,
        "traffic_mode": route.mode if route else "local",
        "links": {},
    }
    if service is not None:
        for link in (Link(known.name, here, service), Link(known.name, service, here)):
            state["links"][link.name] = _health(link)
        state["noted"] = _noted(service)
        state["thawed"] = [side.name for side in (here, service) if _thawed(side, state["links"])]
    state["shadow"] = _counted(bank, shadow.key_of(known.name))
    state["rehearsed"] = _counted(bank, rehearsal.key_of(known.name))
    steps = book.steps(known.name)
    if steps:
        last = steps[-1]
        state["last"] = {
            "action": last.action,
            "phase": last.phase,
            "state": last.state,
            "at": str(last.finished_at or last.started_at),
            "who": last.who,
            "evidence": last.evidence,
        }
    state["says"] = _says(state)
    return state


def _apart(known: Context, service: Place | None) -> dict[str, Any]:
    """Return the state of a context that was opened as a service: nothing of it can move."""
    return {
        "place": known.service,
        "epoch": 0,
        "owner_by_bank": "not hosted",
        "owner_by_service": _owner(service, known.name) if service else "no service",
        "operator": "",
        "traffic_percent": 100,
        "traffic_mode": "remote",
        "links": {},
        "says": "opened as a service" if service else "its service does not run",
    }


def _owner(place: Place, context: str) -> str:
    try:
        with opened(place.database) as connection:
            if not value(connection, "select to_regclass('topology_owner')"):
                return "not migrated"
            found = guards.ownership(connection, context)
            return f"{found.owner} (epoch {found.epoch})"
    except (Stop, psycopg.Error):
        return "unreachable"


def _health(link: Link) -> dict[str, Any]:
    try:
        with opened(link.source.database) as source, opened(link.target.database) as target:
            found = links.health(link, source, target)
            return {"stands": found.stands, **links.evidence(found)}
    except (Stop, psycopg.Error) as error:
        return {"stands": False, "error": str(error)}


def _thawed(side: Place, known: dict[str, Any]) -> bool:
    """Say whether a side lets DDL through although the other one follows it."""
    if not any(link["stands"] for link in known.values()):
        return False
    try:
        with opened(side.database) as connection:
            return not guards.frozen(connection)
    except (Stop, psycopg.Error):
        return False


def _noted(service: Place) -> bool:
    """Say whether the service's side notes what replication changes, to replay commands."""
    try:
        with opened(service.database) as connection:
            return noting.installed(connection)
    except (Stop, psycopg.Error):
        return False


def _counted(bank: Bank, key: str) -> dict[str, int]:
    """Return how answers, or effects, of both sides compared; nothing where Valkey is away."""
    try:
        return sharing.counted(bank, key)
    except (redis.RedisError, OSError):
        return {}


def _says(state: dict[str, Any]) -> str:
    """Return in words what an operator has to know about a context, "" where all is well."""
    return next((said for said in _troubles(state) if said), "")


def _troubles(state: dict[str, Any]) -> Iterator[str]:
    """Yield troubles, the worst first."""
    owners = (state["owner_by_bank"], state["owner_by_service"])
    idle = not state["operator"]
    if all(owner.startswith("here") for owner in owners):
        yield "TWO OWNERS: stop both and read docs/operate/moving.md"
    if idle and any(owner.startswith("moving") for owner in owners):
        yield "the fence is closed and nobody works on it: run the last command again"
    if "unreachable" in owners:
        yield "a database cannot be reached"
    yield from _of_the_shadow(state, idle=idle)
    for name, link in state["links"].items():
        if link.get("slot") == "lost":
            yield f"{name} lost its slot: the next move or rollback copies anew"
    yield from _of_the_last_move(state.get("last"), idle=idle)
    if state.get("thawed"):
        sides = " and ".join(state["thawed"])
        yield f"DDL is let through in {sides}: give the last command again, which compares both"


def _of_the_last_move(last: dict[str, Any] | None, *, idle: bool) -> Iterator[str]:
    if last is None:
        return
    if idle and last["state"] == "running":
        yield f"{last['action']} ended in {last['phase']}: run it again"
    if idle and (last["phase"], last["state"]) == ("open", "done"):
        yield f"nothing was compared after the {last['action']}: run it again"
    if last["state"] in ("failed", "undone"):
        yield f"{last['action']} stopped in {last['phase']}: {last['evidence'].get('error', '')}"


def _of_the_shadow(state: dict[str, Any], *, idle: bool) -> Iterator[str]:
    """Yield what comparing both sides has found, for as long as they are compared."""
    if idle and state.get("noted"):
        yield "changes are noted and nobody replays commands: `route CONTEXT 0` ends it"
    for what in ("shadow", "rehearsed") if state["traffic_mode"] == "shadow" else ():
        differing = state[what].get("differs")
        if differing:
            said = "answers" if what == "shadow" else "replayed writes"
            yield f"{differing} {said} differed: `verify` says where"


def _show(terminal: Terminal, found: dict[str, dict[str, Any]]) -> None:
    rows = []
    for name, state in found.items():
        behind = [link.get("behind_bytes", 0) for link in state["links"].values()]
        share = f"{state['traffic_percent']} %" if state["traffic_percent"] else ""
        rows.append(
            [
                name,
                state["place"],
                state["epoch"] or "",
                share or ("100 %" if state["place"] != BANK else ""),
                f"{max(behind)} B" if behind else "",
                state["operator"],
                state["says"],
            ]
        )
    headings = ["context", "place", "epoch", "to the service", "behind", "operator", ""]
    terminal.table("Where every context is", headings, rows)


def _show_steps(
    terminal: Terminal, book: Journal, name: str, found: dict[str, dict[str, Any]]
) -> None:
    steps = book.steps(name)
    found[name]["steps"] = [
        {"action": s.action, "phase": s.phase, "state": s.state, "evidence": s.evidence}
        for s in steps
    ]
    rows = [
        [f"{s.started_at:%d.%m. %H:%M:%S}", s.action, s.phase, s.state, s.evidence.get("error", "")]
        for s in steps[-24:]
    ]
    terminal.table("Its steps", ["at", "action", "phase", "state", "error"], rows)
