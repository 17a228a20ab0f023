"""`retire`: take a context out of the monolith for good, proving that nobody reads it there."""

import argparse

from extraction import retiring
from extraction.failures import Stop
from extraction.journal import journal
from extraction.moving import Move, Options
from extraction.places import BANK, find_bank, find_context
from extraction.terminal import Terminal, explained, json_option
from vortex.ids import new_id

NAME = "retire"
HELP = "end the way back: prove that nobody reads the monolith's copy, keep a dump, unlink it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("context", help="the context, such as transactions")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long nobody must have read"
    )
    parser.add_argument(
        "--drop", action="store_true", help="afterwards: drop the tables in the monolith"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say who reads")
    json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where somebody reads."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        known, bank = find_context(options.context), find_bank()
        with journal(bank.operator_url) as book, book.locked(known.name):
            service = bank.service(known)
            if book.seat(known.name).place == BANK or service is None:
                raise Stop(f"{known.name} is in the monolith: there is nothing to retire.")
            here = bank.place(known)
            move = Move(known, NAME, new_id(), bank, book, terminal, service, here, Options())
            try:
                answer = _run(move, options)
            finally:
                move.close()
        terminal.answer({"context": known.name, **answer})
    return code[0]


def _run(move: Move, options: argparse.Namespace) -> dict[str, object]:
    if options.dry_run:
        found = retiring.readers(move.to, f"vortex_{move.name}", options.seconds)
        move.terminal.say("\n".join(found) or "Nobody reads.")
        return {"readers": found}
    phase = "drop" if options.drop else "retire"
    epoch = move.journal.seat(move.name).epoch
    entry = move.journal.begin(move.id, move.name, NAME, phase, epoch)
    try:
        if options.drop:
            answer = retiring.drop_tables(move)
        else:
            answer = retiring.retire(move, seconds=options.seconds)
    except BaseException as error:
        move.journal.end(entry, "failed", {"error": str(error)})
        raise
    move.journal.end(entry, "done", answer)
    if options.drop:
        move.terminal.say(f"The monolith has no tables of {move.name} any more.")
    else:
        move.terminal.say(
            f"Nobody reads {move.name} in the monolith; replication and guards are gone, the dump"
            f" is {answer['dump']}. Restart the bank: it hosts {move.name} no more. Then:"
            f" python -m extraction retire {move.name} --drop"
        )
    return answer
