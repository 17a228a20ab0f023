"""`route`: let the service answer a share of the reads before the data are its own."""

import argparse
from contextlib import suppress

import psycopg

from extraction import noting, rehearsing, sharing
from extraction.failures import Differs, Stop
from extraction.journal import journal
from extraction.moving import Move, Options
from extraction.places import BANK, find_bank, find_context
from extraction.terminal import Terminal, explained, json_option
from vortex.ids import new_id

NAME = "route"
AUTO, SHADOW, OUTER = "auto", "shadow", "outer"
HELP = "send a share of a context's reads to its service, sticky by person; or go up step by step"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("context", help="the context, such as transactions")
    parser.add_argument(
        "percent",
        help="0 to 100; `auto`: 1, 10, 50, 100, judged at each step; `shadow`: both are asked,"
        " the monolith answers, and `verify` says what differed; `outer`: a gateway of your own"
        " (Kong, Istio) gives the shares, and the service answers the reads that reach it",
    )
    parser.add_argument(
        "--writes",
        type=_percent,
        nargs="?",
        const=100,
        metavar="PERCENT",
        help="with `shadow`: for --seconds, replay this share of the people's writes on the"
        " service, which rolls each of them back, and compare their effects",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=15.0,
        help="length of a step of `auto`, of judging `outer`, of the replaying of writes",
    )
    json_option(parser)


def _percent(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 100:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 to 100")
    return int(word)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where a step was judged worse and everything was taken back."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        wanted = _wanted(options.percent)
        if options.writes and wanted != SHADOW:
            raise Stop("--writes goes with `shadow`: the owner takes every write until the move.")
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
                _tidy(move)
                answer = _route(move, wanted, options)
            except BaseException as error:
                book.end(entry, "failed", {"error": str(error)})
                raise
            finally:
                move.close()
            book.end(entry, "done", answer)
        terminal.answer({"context": known.name, **answer})
    return code[0]


def _route(move: Move, wanted: str | int, options: argparse.Namespace) -> dict[str, object]:
    if wanted == AUTO:
        return sharing.promote(move, seconds=options.seconds)
    if wanted == OUTER:
        return sharing.let_others_share(move, seconds=options.seconds)
    if wanted == SHADOW and options.writes:
        return _rehearsed(move, options)
    if wanted == SHADOW:
        sharing.set_shadow(move)
        move.terminal.say(f"Both sides are asked about {move.name}; `verify` says what differs.")
        return {"shadow": True}
    percent = int(wanted)
    sharing.set_share(move, percent)
    move.terminal.say(f"{percent} % of the people read {move.name} from {move.target.name}.")
    return {"percent": percent}


def _tidy(move: Move) -> None:
    """Remove what a rehearsal that was killed has left; reads come back from a dead service too."""
    with suppress(Stop, psycopg.Error):
        noting.remove(move.to)


def _rehearsed(move: Move, options: argparse.Namespace) -> dict[str, object]:
    sharing.set_shadow(move)
    found = rehearsing.rehearse(move, percent=options.writes, seconds=options.seconds)
    move.terminal.say(rehearsing.said_of(found))
    if found.get(rehearsing.DIFFERS):
        raise Differs(
            f"{found[rehearsing.DIFFERS]} writes had other effects in {move.target.name}:"
            f" {'; '.join(name for name in sorted(found) if name.startswith('at '))}."
            " Nothing of them was kept."
        )
    return {"shadow": True, "writes": found}


def _wanted(word: str) -> str | int:
    if word in (AUTO, SHADOW, OUTER):
        return word
    if not word.isdigit() or int(word) > 100:
        raise Stop(f"{word!r} is neither `auto`, `shadow`, `outer` nor a number from 0 to 100.")
    return int(word)
