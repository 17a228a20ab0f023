"""A mover that dies or cheats: `python -m tests.topologies.dying PHASE:HOW[,...] move CONTEXT`.

`before`, `within` and `after` kill it as a power cut would; `within` is after the first write of
who owns the data: in `open` that is between the two databases. `ctrl-c` is an operator's, once all
of the phase is done and nothing of that is written down; in `open` after the first write.
`skip` leaves a phase out, `unfenced` lets the fence hold nobody, and `late` lets some writers of
the ledger end only after the data have changed hands, which is what the fence is for: without it
the proof must then fail, or it proves nothing.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

from extraction import __main__, cutting, guards, machine, tables
from extraction.moving import Evidence, Move

# From now on whoever pays from or to one account commits slowly, on the old side only; within the
# ten seconds that a request has, or PostgreSQL would take it back.
_SLOW = """
create function control_slow() returns trigger language plpgsql as
  $$ begin perform pg_sleep(5.0); return null; end $$;
do $$ declare v_account uuid; begin
  select id into strict v_account from transactions_account where owner_id is not null
   order by id limit 1;
  execute format('create constraint trigger control_slow after insert on transactions_entry'
    ' deferrable initially deferred for each row when (new.account_id = %L)'
    ' execute function control_slow()', v_account);
end $$;
"""
_IN_FLIGHT_SECONDS = 0.3

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


def _ctrl_c(do: Do) -> Do:
    def changed(move: Move) -> Evidence:
        own = guards.own

        def own_and_press(*given: Any) -> None:
            own(*given)
            _press()

        if do is cutting.open_:
            guards.own = own_and_press  # type: ignore[assignment]
        found = do(move)
        guards.own = own
        _press()
        return found

    return changed


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _skip(do: Do) -> Do:
    if do is cutting.sequences:
        # They are set ahead of the fence, and again behind it.
        tables.set_forward = _not_at_all  # type: ignore[assignment]
    return lambda move: {"left_out_of": move.name}


def _unfenced(do: Do) -> Do:
    """Take no lock and write no owner, and do all the rest of the fence."""
    cutting.LOCK = "begin; set local lock_timeout = {}; select {}, {}"
    guards.HOLD = ""
    return do


def _not_at_all(*_: Any) -> None:
    """Do nothing."""


def _late(do: Do) -> Do:
    """Let some writers end so slowly that the data are elsewhere by then."""

    def changed(move: Move) -> Evidence:
        found = do(move)
        move.from_.execute(_SLOW)
        Event().wait(_IN_FLIGHT_SECONDS)
        return found

    return changed


_HOW: dict[str, Callable[[Do], Do]] = {
    "before": _before,
    "within": _within,
    "after": _after,
    "ctrl-c": _ctrl_c,
    "skip": _skip,
    "late": _late,
    "unfenced": _unfenced,
}


def _die(move: Move) -> Evidence:
    os.kill(os.getpid(), signal.SIGKILL)
    return {"dead": move.name}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
