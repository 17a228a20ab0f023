"""The proof: contexts move out and back under load, and the clients' own log is held against it.

`python -m tests.topologies.proof` moves each built context out, back, out and back again, then all
of them at once. CONTEXT=transactions proves one; QUICK=1 makes fewer rounds, TOGETHER=1 only the
last; JSON=1 makes the last line a JSON object; PAGE=docs/reference/proof.md writes the table there.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from tests.bank import ROOT, Bank, place, wait_for
from tests.chaos.ledger import Customer, open_customers
from tests.topologies.writers import Load, Verdict, kind_of
from vortex.embedded import endpoints

BUILT = ("transactions", "accounts", "auth")
WRITES_BETWEEN = 30
_HEADINGS = (
    "context",
    "writes",
    "lost",
    "doubled",
    "errors",
    "gaps",
    "pause p50",
    "pause p95",
    "pause p99",
)


@dataclass
class Result:
    """What the proof found about one context."""

    writes: int = 0
    lost: int = 0
    doubled: int = 0
    errors: int = 0
    gaps: int = 0
    pauses_ms: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def pause(self, percent: int) -> float:
        """Return how long clients waited whose requests met the fence; 0 where none did."""
        ordered = sorted(self.pauses_ms)
        if not ordered:
            return 0.0
        return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)

    def proved(self) -> bool:
        """Whether all that must be zero is."""
        return self.writes > 0 and not (self.lost or self.doubled or self.errors or self.gaps)


def extraction(bank: Bank, *words: str, check: bool = True) -> dict[str, Any]:
    """Run a command of extraction with --json and return its answer."""
    done = subprocess.run(
        [sys.executable, "-m", "extraction", *words, "--json"],
        cwd=ROOT,
        env=bank.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or ["{}"])[-1]
    answer: dict[str, Any] = msgspec.json.decode(last) if last.startswith("{") else {}
    assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
    return answer | {"exit_code": done.returncode}


def database_of(bank: Bank, context: str, *, service: bool = False) -> str:
    """Return the URL of a context's database, of the bank's side or the service's."""
    home = bank.home / "services" / context if service else bank.home
    found = endpoints.read(home)
    assert found is not None, f"{home} is closed"
    return found[f"VORTEX_{context.upper()}_DATABASE_URL"]


@contextmanager
def database(
    bank: Bank, context: str, *, service: bool = False
) -> Iterator[psycopg.Connection[Any]]:
    """Open a context's database on one side."""
    with psycopg.connect(database_of(bank, context, service=service), autocommit=True) as opened:
        yield opened


def prove(
    bank: Bank, customers: list[Customer], contexts: tuple[str, ...], rounds: int
) -> dict[str, Result]:
    """Move contexts out and back, all at once, while each is written to; return what was found."""
    results = {context: Result() for context in contexts}
    with ExitStack() as stack:
        loads = {}
        for context in contexts:
            with database(bank, context) as opened:
                kind = kind_of(context, opened)
            loads[context] = stack.enter_context(Load(bank, customers, kind))
        for number in range(rounds):
            for action in ("move", "rollback"):
                _go_on(bank, loads)
                answers = _together(bank, action, contexts)
                for context, answer in answers.items():
                    _note(results[context], loads[context], answer, f"{action} {number + 1}")
        _go_on(bank, loads)
    for context, load in loads.items():
        with database(bank, context) as opened:
            settle(opened)
            _judge(results[context], load, load.kind.verdict(opened), opened)
    return results


def _together(bank: Bank, action: str, contexts: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    with ThreadPoolExecutor(len(contexts)) as pool:
        started = {
            c: pool.submit(extraction, bank, action, c, "--patience", "90") for c in contexts
        }
        return {context: work.result() for context, work in started.items()}


def _go_on(bank: Bank, loads: dict[str, Load]) -> None:
    for context, load in loads.items():
        goal = load.acknowledged() + WRITES_BETWEEN
        wait_for(
            lambda load=load, goal=goal: load.acknowledged() >= goal,  # type: ignore[misc]
            120,
            f"{WRITES_BETWEEN} more writes to {context}",
            lambda load=load: str(load.errors()[-3:]) + bank.said(),  # type: ignore[misc]
        )


def _note(result: Result, load: Load, answer: dict[str, Any], what: str) -> None:
    """Keep how long the requests took that were under way while the fence was closed."""
    opened = answer["evidence"]["open"]
    fenced_at = datetime.fromisoformat(opened["fenced_at"])
    opened_at = datetime.fromisoformat(opened["opened_at"])
    waited = [
        sent.milliseconds
        for sent in list(load.sent)
        if sent.sent_at <= opened_at and sent.answered_at >= fenced_at
    ]
    result.pauses_ms += waited
    slowest = max(waited, default=0.0)
    result.said.append(f"{what}: fence {opened['pause_ms']} ms, slowest client {slowest:.0f} ms")


def settle(opened: psycopg.Connection[Any]) -> None:
    """Wait until the outbox of a context is empty: what it said by then has been carried."""

    def waiting() -> int:
        row = opened.execute("select count(*) from outbox_message").fetchone()
        return int(row[0]) if row else 0

    wait_for(lambda: waiting() == 0, 60, "the outbox empties", lambda: str(waiting()))


def _judge(result: Result, load: Load, verdict: Verdict, opened: psycopg.Connection[Any]) -> None:
    result.writes, result.lost, result.doubled = verdict.writes, verdict.lost, verdict.doubled
    result.errors = len(load.errors())
    result.said += load.errors()[:5]
    row = opened.execute(
        "select (select count(*) from inbox_gap) + (select count(*) from inbox_parked)"
        " + (select count(*) from outbox_parked)"
    ).fetchone()
    result.gaps = int(row[0]) if row else -1


def table(results: dict[str, Result]) -> list[list[str]]:
    """Return the rows of the table, with its headings first."""
    rows = [list(_HEADINGS)]
    for context, result in results.items():
        pauses = [f"{result.pause(percent):.0f} ms" for percent in (50, 95, 99)]
        counted = (result.writes, result.lost, result.doubled, result.errors, result.gaps)
        rows.append([context, *(f"{number:,}" for number in counted), *pauses])
    return rows


def markdown(rows: list[list[str]]) -> str:
    """Return a table as Markdown."""
    rules = ["---", *("---:" for _ in rows[0][1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rules, *rows[1:]))


def main() -> int:
    """Prove what the environment asks for; 1 where anything is not zero."""
    named = os.environ.get("CONTEXT", "")
    contexts = (named,) if named else BUILT
    if not set(contexts) <= set(BUILT):
        sys.stderr.write(f"{named!r} is not built yet; there are {', '.join(BUILT)}\n")
        return 2
    rounds = 1 if os.environ.get("QUICK") else 2
    results: dict[str, Result] = {}
    with place() as directory:
        bank = Bank(directory / "home")
        bank.open(DEMO="0")
        try:
            customers = open_customers(bank)
            for context in () if os.environ.get("TOGETHER") else contexts:
                results |= _said(prove(bank, customers, (context,), rounds))
            if len(contexts) > 1:
                every = _said(prove(bank, customers, contexts, 1))
                results |= {f"{name} (all at once)": result for name, result in every.items()}
        finally:
            bank.close()
    _publish(results)
    return 0 if all(result.proved() for result in results.values()) else 1


def _said(results: dict[str, Result]) -> dict[str, Result]:
    for context, result in results.items():
        for sentence in result.said:
            sys.stdout.write(f"{context}  {sentence}\n")
    sys.stdout.flush()
    return results


def _publish(results: dict[str, Result]) -> None:
    shown = markdown(table(results))
    sys.stdout.write(f"\n{shown}\n")
    page = os.environ.get("PAGE", "")
    if page:
        _write(Path(page), shown)
    if os.environ.get("JSON"):
        answer = {
            context: {
                "writes": result.writes,
                "lost": result.lost,
                "doubled": result.doubled,
                "errors": result.errors,
                "gaps": result.gaps,
                "pause_p99_ms": result.pause(99),
            }
            for context, result in results.items()
        }
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


def _write(page: Path, shown: str) -> None:
    """Replace the table of the page and leave its words."""
    before, _, rest = page.read_text().partition("<!-- table -->\n")
    _, _, after = rest.partition("\n<!-- end of table -->")
    page.write_text(f"{before}<!-- table -->\n{shown}\n<!-- end of table -->{after}")


if __name__ == "__main__":
    sys.exit(main())
