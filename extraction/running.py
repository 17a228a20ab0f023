"""What move and rollback have in common: find the sides, lock, run the phases, answer."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.contexts import Context
from config.up.service import retired_mark, want
from extraction import ending, machine
from extraction.failures import Differs, Stop
from extraction.journal import Journal, journal
from extraction.machine import NAMES, PHASES
from extraction.moving import Move, Options
from extraction.places import BANK, Bank, Place, find_bank, find_context
from extraction.preparing import await_service
from extraction.terminal import Terminal, explained, json_option
from vortex.ids import new_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that move and rollback share."""
    parser.add_argument("context", help="the context, such as transactions")
    parser.add_argument("--until", choices=NAMES, default=NAMES[-1], help="stop after this phase")
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="do everything except handing the data over: writers wait as they would, once",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument(
        "--budget-ms", type=int, default=250, help="how long the fence waits for writers in flight"
    )
    parser.add_argument(
        "--drain-ms", type=int, default=2_000, help="how long writers wait for the other side"
    )
    parser.add_argument(
        "--patience", type=float, default=30.0, help="seconds to wait for a good moment"
    )
    json_option(parser)


def run(options: argparse.Namespace, action: str) -> int:
    """Run move or rollback; return the exit code."""
    terminal, code = Terminal(as_json=options.json), [0]
    with explained(terminal, code):
        known = find_context(options.context)
        bank = find_bank()
        bank.place(known)
        if retired_mark(bank.home, known.name).exists():
            raise Stop(
                f"{known.name} is retired: the monolith hosts it no more, and nothing leads back."
            )
        if options.dry_run:
            _say_what_would_be_done(terminal, bank, known, action)
            return 0
        for_good = getattr(options, "for_good", False)
        with journal(bank.operator_url) as book, book.locked(known.name):
            if not for_good or book.seat(known.name).place != BANK:
                chosen = _options(options)
                with moving(bank, book, terminal, known, action=action, options=chosen) as move:
                    _run(move, options)
            if for_good:
                ending.end(bank, book, terminal, known)
    return code[0]


def _run(move: Move, options: argparse.Namespace) -> None:
    terminal = move.terminal
    terminal.say(f"{move.action} {move.name}: from {move.source.name} to {move.target.name}")
    try:
        evidence = machine.run(move, until=options.until, rehearse=options.rehearse)
    except Differs as difference:
        if not move.may_be_open:
            raise
        terminal.say(f"{difference}\nGoing back, because the proof failed.", style="bold red")
        back = _reversed(move)
        machine.run(back)
        raise Stop(f"{move.name} is back in {move.source.name}. {difference}") from difference
    last = evidence.get("rehearsed") or evidence.get("open", {})
    pause = last.get("pause_ms")
    if options.rehearse:
        terminal.say(
            f"Rehearsed: {last['rows']} rows are the same on both sides, {last['laws']} laws hold;"
            f" {move.name} stays in {move.source.name}. Writers waited {pause:.0f} ms."
        )
    elif pause is not None:
        terminal.say(f"{move.name} is in {move.target.name}; writers waited {pause:.0f} ms.")
    terminal.answer(
        {
            "context": move.name,
            "action": move.action,
            "place": move.journal.seat(move.name).place,
            "pause_ms": pause,
            "evidence": evidence,
        }
    )


@contextmanager
def moving(
    bank: Bank,
    book: Journal,
    terminal: Terminal,
    known: Context,
    *,
    action: str,
    options: Options,
) -> Iterator[Move]:
    """Make the move of a context from where it is; refuse one that would lead nowhere."""
    source, target = _sides(bank, book, known, action)
    unfinished = _unfinished(book, known.name, action)
    move = Move(
        known, action, unfinished or new_id(), bank, book, terminal, source, target, options
    )
    try:
        yield move
    finally:
        move.close()


def _sides(bank: Bank, book: Journal, known: Context, action: str) -> tuple[Place, Place]:
    seat = book.seat(known.name)
    away = seat.place != BANK
    if action == "move" and away and not _half_done(book, known.name, "move"):
        raise Stop(f"{known.name} is out already: it is in {seat.place} (epoch {seat.epoch}).")
    if action == "rollback" and not away and not _half_done(book, known.name, "rollback"):
        raise Stop(f"{known.name} is in the monolith; there is nothing to roll back.")
    if action == "move" and bank.is_embedded():
        want(bank.home, known.name)
        await_service(lambda: bank.service(known), known.name)
    service = bank.service(known)
    if service is None:
        raise Stop(f"The service of {known.name} does not run; open the bank with: make up")
    here = bank.place(known)
    return (here, service) if action == "move" else (service, here)


def _half_done(book: Journal, name: str, action: str) -> bool:
    """Whether the last move went as far as its seat and not to its end, which is a comparison."""
    steps = book.steps(name)
    if not steps or steps[-1].action != action:
        return False
    last = steps[-1]
    return last.phase == "open" or (last.phase == NAMES[-1] and last.state != "done")


def _unfinished(book: Journal, name: str, action: str) -> Any:
    steps = book.steps(name)
    if not steps or steps[-1].action != action:
        return None
    last = steps[-1]
    ended = last.state == "done" and last.phase in (NAMES[-1], machine.REHEARSED.name)
    return None if ended else last.move


def _reversed(move: Move) -> Move:
    return Move(
        move.context,
        "rollback",
        new_id(),
        move.bank,
        move.journal,
        move.terminal,
        move.target,
        move.source,
        move.options,
    )


def _options(options: argparse.Namespace) -> Options:
    return Options(
        budget_ms=options.budget_ms,
        drain_ms=options.drain_ms,
        patience_seconds=options.patience,
    )


def _say_what_would_be_done(terminal: Terminal, bank: Bank, known: Context, action: str) -> None:
    with journal(bank.operator_url) as book:
        seat = book.seat(known.name)
    if (seat.place == BANK) != (action == "move"):
        raise Stop(f"{known.name} is in {seat.place}: there is nothing to {action}.")
    other = known.service if action == "move" else BANK
    terminal.say(f"{action} {known.name}: from {seat.place} to {other}. Nothing is done now.")
    for phase in PHASES:
        waits = " (writers wait)" if phase.behind_fence else ""
        terminal.say(f"  {phase.name:<10} {phase.says}{waits}")
    terminal.answer(
        {
            "context": known.name,
            "from": seat.place,
            "to": other,
            "phases": [{"name": p.name, "does": p.says, "waits": p.behind_fence} for p in PHASES],
        }
    )
