"""`route`: let the service answer a share of the reads before the data are its own."""

import argparse

from extraction import sharing
from extraction.failures import Stop
from extraction.journal import journal
from extraction.moving import Move, Options
from extraction.places import BANK, find_bank, find_context
from extraction.terminal import Terminal, explained, json_option
from vortex.ids import new_id

NAME = "route"
AUTO, SHADOW = "auto", "shadow"
HELP = "send a share of a context's reads to its service, sticky by person; or go up step by step"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("context", help="the context, such as transactions")
    parser.add_argument(
        "percent",
        help="0 to 100; `auto`: 1, 10, 50, 100, judged at each step; `shadow`: both are asked,"
        " the monolith answers, and `verify` says what differed",
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="length of a step of `auto`")
    json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where a step was judged worse and everything was taken back."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        wanted = _wanted(options.percent)
        known, bank = find_context(options.context), find_bank()
        with journal(bank.operator_url) as book, book.locked(known.name):
            if book.seat(known.name).place != BANK:
                raise Stop(f"{known.name} is out: its service answers everything already.")
            service = bank.service(known)
            if service is None:
                raise Stop(f"No service of {known.name} runs; `move --until copy` makes one.")
            here = bank.place(known)
            move = Move(known, NAME, new_id(), bank, book, terminal, here, service, Options())
            entry = book.begin(move.id, known.name, NAME, f"share {options.percent}", 0)
            try:
                answer = _route(move, wanted, options.seconds)
            except BaseException as error:
                book.end(entry, "failed", {"error": str(error)})
                raise
            finally:
                move.close()
            book.end(entry, "done", answer)
        terminal.answer({"context": known.name, **answer})
    return code[0]


def _route(move: Move, wanted: str | int, seconds: float) -> dict[str, object]:
    if wanted == AUTO:
        return sharing.promote(move, seconds=seconds)
    if wanted == SHADOW:
        sharing.set_shadow(move)
        move.terminal.say(f"Both sides are asked about {move.name}; `verify` says what differs.")
        return {"shadow": True}
    percent = int(wanted)
    sharing.set_share(move, percent)
    move.terminal.say(f"{percent} % of the people read {move.name} from {move.target.name}.")
    return {"percent": percent}


def _wanted(word: str) -> str | int:
    if word in (AUTO, SHADOW):
        return word
    if not word.isdigit() or int(word) > 100:
        raise Stop(f"{word!r} is neither `auto` nor `shadow` nor a number from 0 to 100.")
    return int(word)
