"""`verify`: whether both sides hold the same rows, keep the laws, and nobody wrote unseen."""

import argparse
from typing import Any

from extraction import links, preparing, rehearsing, sharing
from extraction.commands.status import NAME as STATUS
from extraction.failures import Stop
from extraction.journal import journal
from extraction.moving import Move, Options
from extraction.places import BANK, find_bank, find_context
from extraction.terminal import Terminal, explained, json_option
from vortex.ids import new_id

NAME = "verify"
HELP = "compare both sides of a context row by row while it is in use, and ask its laws"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("context", help="the context, such as transactions")
    json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where the sides differ or a law is broken."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        known = find_context(options.context)
        bank = find_bank()
        with journal(bank.operator_url) as book:
            here, service = bank.place(known), bank.service(known)
            if service is None:
                raise Stop(
                    f"{known.name} has no service, so there is nothing to compare;"
                    f" `{STATUS}` says where it is."
                )
            away = book.seat(known.name).place != BANK
            source, target = (service, here) if away else (here, service)
            move = Move(known, NAME, new_id(), bank, book, terminal, source, target, Options())
            try:
                found = _verify(move)
            finally:
                move.close()
        terminal.say(
            f"{known.name}: {found['rows']} rows are the same in {source.name} and {target.name};"
            f" {found['laws']} laws hold; no rogue write."
        )
        terminal.say(_said_of(found["shadow"]))
        terminal.say(rehearsing.said_of(found["rehearsed"]))
        terminal.answer({"context": known.name, **found})
    return code[0]


def _said_of(shadow: dict[str, int]) -> str:
    """Say how the answers of both sides compared, and where they differed."""
    if not shadow:
        return "No question has been asked of both sides; `route CONTEXT shadow` begins with it."
    counts = [f"{shadow.get(outcome, 0)} {outcome}" for outcome in ("same", "differs", "failed")]
    places = [f"\n  {name} ({number} times)" for name, number in sorted(shadow.items())]
    places = [place for place in places if place.startswith("\n  at ")]
    return f"Asked of both sides: {', '.join(counts)}{''.join(places)}"


def _verify(move: Move) -> dict[str, Any]:
    """Compare; a row that only the stand-by has was written behind the owner's back."""
    health = links.health(move.link, move.from_, move.to)
    if not health.working:
        raise Stop(
            f"The replication {move.link.name} does not work (its slot is {health.slot}),"
            " so the sides cannot be compared."
        )
    return {
        **preparing.compare_living(move),
        "rogue_writes": 0,
        "link": links.evidence(health),
        "shadow": sharing.compared(move),
        "rehearsed": rehearsing.outcomes(move),
    }
