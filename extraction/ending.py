"""Ending a move for good in the monolith: replication and guards go, and DDL is let through again.

`retire` ends it on the other side. The service's copy stays as it is, follows no more and owns
nothing; another `move` fills it anew.
"""

from config.contexts import Context
from extraction import guards, links, noting
from extraction.failures import Stop
from extraction.journal import Journal
from extraction.moving import Evidence, Move, Options
from extraction.places import Bank
from extraction.terminal import Terminal
from extraction.topology import share
from vortex.ids import new_id
from vortex.topology.routes import Route

PHASE = "for good"


def end(bank: Bank, book: Journal, terminal: Terminal, known: Context) -> None:
    """Take away what a move of a context has put on both sides; a second call changes nothing."""
    service, here = bank.service(known), bank.place(known)
    if service is None:
        raise Stop(f"The service of {known.name} does not run; open the bank with: make up")
    move = Move(known, "rollback", new_id(), bank, book, terminal, here, service, Options())
    entry = book.begin(move.id, known.name, move.action, PHASE)
    try:
        evidence = _taken_away(move)
    except BaseException as error:
        book.end(entry, "failed", {"error": str(error)})
        raise
    finally:
        move.close()
    book.end(entry, "done", evidence)
    terminal.say(
        f"{known.name} stays in {here.name}: replication and guards are gone, DDL is let through,"
        " and the service's copy follows no more. Another `move` copies anew."
    )
    terminal.answer({"context": known.name, "action": move.action, "place": here.name, **evidence})


def _taken_away(move: Move) -> Evidence:
    here, there = move.owners()
    if there.here or not here.here:
        raise Stop(f"{move.name} is out, or its fence is closed: `rollback` comes first.")
    share(move.source.topology, move.name, Route())
    noting.remove(move.to)
    left = [*links.drop(move.link), *links.drop(move.link_back)]
    if left:
        raise Stop(f"Replication is not wholly gone: {'; '.join(left)}. Run it again.")
    for side in (move.from_, move.to):
        guards.remove(side)
    return {"ended": True}
