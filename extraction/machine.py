"""The state machine: phases in order, each written down before and after, each undone or kept.

A mover that dies leaves a journal, and two databases that say who owns the data. That is enough:
the next run looks at both, and goes on from where the data are.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from types import FrameType
from typing import Any, NoReturn

import psycopg

from extraction import cutting, preparing
from extraction.failures import Differs, Interrupted, NotNow, Stop
from extraction.journal import Entry
from extraction.moving import Evidence, Move

_FAULTS = (Stop, psycopg.Error, Interrupted, KeyboardInterrupt)


@dataclass(frozen=True)
class Phase:
    """One phase: what it does, in a sentence, and whether the fence is closed meanwhile."""

    name: str
    says: str
    do: Callable[[Move], Evidence]
    behind_fence: bool = False
    whole: bool = False  # whether nobody can interrupt it, because nothing of it is undone


PHASES: tuple[Phase, ...] = (
    Phase("prepare", "guard both sides, freeze DDL, make rows tellable", preparing.prepare),
    Phase("copy", "copy the rows while they are in use, follow, and compare", preparing.copy),
    Phase("look", "wait for a good moment: no long transaction, no lag, no tasks", preparing.look),
    Phase("fence", "hold the writers, and write that the data move", cutting.fence, True),
    Phase("drain", "wait for the marker row on the other side", cutting.drain, True),
    Phase("sequences", "let the new owner number on with a margin", cutting.sequences, True),
    Phase("open", "give the data to the new owner and tell everybody", cutting.open_, True, True),
    Phase("watch", "compare both sides as they were at the fence", cutting.watch),
)
NAMES = tuple(phase.name for phase in PHASES)
_UNDONE = ("fence", "drain", "sequences")
REHEARSED = Phase(
    "rehearsed", "give the data back, and compare both sides as they were", cutting.rehearsed, True
)


def run(move: Move, *, until: str = NAMES[-1], rehearse: bool = False) -> dict[str, Evidence]:
    """Run the phases up to one of them, or all that change no owner; return the evidence of each.

    Raises what stopped it. Behind the fence it gives the data back first, unless the new owner may
    have taken them over.
    """
    begin, until = _resume_at(move), "sequences" if rehearse else until
    if rehearse and begin != NAMES[0]:
        raise Stop(f"A {move.action} of {move.name} is half done: end it before a rehearsal.")
    evidence: dict[str, Evidence] = {}
    with _stoppable():
        for fenced, phases in groupby(_between(begin, until), lambda phase: phase.behind_fence):
            with _behind_the_fence(move) if fenced else nullcontext():
                found = {phase.name: _run(move, phase) for phase in phases}
                if fenced and until in _UNDONE:
                    found |= _without_handing_over(move, rehearse=rehearse)
            for name, proved in found.items():
                move.terminal.say(f"  {name:<10} {_brief(proved)}")
            evidence |= found
    return evidence


def _without_handing_over(move: Move, *, rehearse: bool) -> dict[str, Evidence]:
    """Open the fence again: nobody waits for an operator who thinks."""
    if rehearse:
        return {REHEARSED.name: _run(move, REHEARSED)}
    cutting.reopen(move)
    move.terminal.say("The fence is open again: nothing has changed hands.")
    return {}


def _between(begin: str, until: str) -> tuple[Phase, ...]:
    return PHASES[NAMES.index(begin) : NAMES.index(until) + 1]


def _resume_at(move: Move) -> str:
    """Return the phase that a run begins with, by what both databases say."""
    here, there = move.owners()
    if there.here:
        move.may_be_open = True
        if here.here:
            raise Stop(
                f"Both sides say that they own {move.name}. Touch neither: see"
                " docs/operate/moving.md, 'Two owners'."
            )
        return "open"
    if here.owner == cutting.MOVING:
        move.terminal.say("The fence was closed by a run that ended; going on from there.")
        return "fence"
    return NAMES[0]


@contextmanager
def _behind_the_fence(move: Move) -> Iterator[None]:
    """Write hurriedly, and give the data back whatever ends the block, also between two phases."""
    try:
        with move.journal.hurried():
            yield
    except BaseException:
        if not _undo(move) and not move.handed_over:
            move.terminal.say(
                "The fence may still be closed: run the same command again.", style="bold red"
            )
        raise


def _run(move: Move, phase: Phase) -> Evidence:
    with cutting.uninterrupted() if phase.whole else nullcontext():
        return _written_down(move, phase)


def _written_down(move: Move, phase: Phase) -> Evidence:
    entry = move.journal.begin(move.id, move.name, move.action, phase.name)
    try:
        if phase.behind_fence:
            evidence = phase.do(move)  # nobody waits for a terminal to be drawn
        else:
            with move.terminal.working(f"{move.name}: {phase.says}"):
                evidence = phase.do(move)
    except _FAULTS as error:
        _failed(move, phase, entry, error)
    move.journal.end(entry, "done", evidence)
    return evidence


def _failed(move: Move, phase: Phase, entry: Entry, error: BaseException) -> NoReturn:
    """Give the data back where that is possible, write down what happened, and raise it."""
    undone = phase.behind_fence and _undo(move)
    said: Evidence = {"error": _sentence(error), "gave_back": undone}
    move.journal.end(entry, "undone" if undone else "failed", said)
    if isinstance(error, psycopg.OperationalError) and _has_gone(error):
        raise NotNow(
            f"{phase.name}: a database does not answer: {_sentence(error)}."
            " Give the same command again once it does."
        ) from error
    if isinstance(error, psycopg.Error):
        raise NotNow(f"{phase.name}: {_sentence(error)}") from error
    raise error


def _has_gone(error: psycopg.Error) -> bool:
    """Say whether a server, or the connection to it, went away."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def _undo(move: Move) -> bool:
    """Give the data back; a second Ctrl-C waits for that."""
    with cutting.uninterrupted():
        try:
            return cutting.reopen(move)
        except (Stop, psycopg.Error):
            return False


def _sentence(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _brief(evidence: Evidence) -> str:
    plain = {
        k: v for k, v in evidence.items() if isinstance(v, str | int | float) and v is not None
    }
    return "  ".join(f"{name} {shown}" for name, shown in plain.items())


@contextmanager
def _stoppable() -> Iterator[None]:
    """Make Ctrl-C and the system's request to end stop a phase where it can be undone."""
    before: dict[int, Any] = {number: signal.signal(number, _stop) for number in cutting.STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


__all__ = ["NAMES", "PHASES", "REHEARSED", "Differs", "Phase", "run"]
