"""A mover that dies or cheats: `python -m tests.topologies.dying PHASE:HOW[,...] move CONTEXT`.

`before`, `within` and `after` kill it as a power cut would; `within` is after the first write of
who owns the data: in `open` that is between the two databases. `skip` leaves a phase out, `slow`
lets both sides own the data for a moment: the proof must then fail, or it proves nothing.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

from extraction import __main__, guards, machine
from extraction.moving import Evidence, Move

Do = Callable[[Move], Evidence]


def main(changes: str, words: list[str]) -> int:
    """Run a command of extraction with some phases changed."""
    how = dict(change.split(":") for change in changes.split(","))
    machine.PHASES = tuple(
        replace(known, do=_HOW[how[known.name]](known.do)) if known.name in how else known
        for known in machine.PHASES
    )
    return __main__.main(words)


def _before(do: Do) -> Do:
    del do
    return _die


def _within(do: Do) -> Do:
    def changed(move: Move) -> Evidence:
        own = guards.own

        def own_and_die(*given: Any) -> None:
            own(*given)
            _die(move)

        guards.own = own_and_die  # type: ignore[assignment]
        return do(move)

    return changed


def _after(do: Do) -> Do:
    def changed(move: Move) -> Evidence:
        do(move)
        return _die(move)

    return changed


def _skip(do: Do) -> Do:
    del do
    return lambda move: {"left_out_of": move.name}


def _slow(do: Do) -> Do:
    def changed(move: Move) -> Evidence:
        own = guards.own

        def own_slowly(*given: Any) -> None:
            own(*given)
            Event().wait(2.0)

        guards.own = own_slowly  # type: ignore[assignment]
        return do(move)

    return changed


_HOW: dict[str, Callable[[Do], Do]] = {
    "before": _before,
    "within": _within,
    "after": _after,
    "skip": _skip,
    "slow": _slow,
}


def _die(move: Move) -> Evidence:
    os.kill(os.getpid(), signal.SIGKILL)
    return {"dead": move.name}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
