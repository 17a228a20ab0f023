"""The proof: contexts move out and back under load, and the clients' own log is held against it.

`python -m tests.topologies.proof` moves each built context out, back, out and back again, then all
of them at once. CONTEXT=transactions proves one; QUICK=1 makes fewer rounds, TOGETHER=1 only the
last; JSON=1 makes the last line a JSON object; PAGE=docs/reference/proof.md writes the rows there.
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
from tests.topologies.numbers import missed, settle
from tests.topologies.pages import markdown, publish
from tests.topologies.writers import Load, Sent, kind_of
from vortex.embedded import endpoints

BUILT = ("transactions", "accounts", "auth")
WRITES_BETWEEN = 30
REST_SECONDS = 0.1
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
    "otherwise p99",
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
    others_ms: list[float] = field(default_factory=list)
    closed: list[tuple[datetime, datetime]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def pause(self, percent: int) -> float:
        """Return how long clients waited whose requests met the fence; 0 where none did."""
        return _percentile(self.pauses_ms, percent)

    def otherwise(self, percent: int) -> float:
        """Return how long the answer to the other requests took, under the same load."""
        return _percentile(self.others_ms, percent)

    def keep(self, sent: Sent) -> None:
        """Keep how long a request took, with those that met a closed fence or with the others."""
        met = any(sent.sent_at <= end and sent.answered_at >= begin for begin, end in self.closed)
        (self.pauses_ms if met else self.others_ms).append(sent.milliseconds)

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
    """Return the URL of a context's database, of the bank's side or the service's.

    A context that was opened apart has its service's only.
    """
    home, variable = bank.home / "services" / context, f"VORTEX_{context.upper()}_DATABASE_URL"
    here, there = endpoints.read(bank.home), endpoints.read(home)
    assert here is not None, f"{bank.home} is closed"
    if not service and variable in here:
        return here[variable]
    assert there is not None, f"{home} is closed"
    return there[variable]


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
    # Without a rest, three loads alone are more than two cores can do, and all requests wait.
    rest_seconds = 0.0 if len(contexts) == 1 else REST_SECONDS
    with ExitStack() as stack:
        loads = {}
        for context in contexts:
            with database(bank, context) as opened:
                kind = kind_of(context, opened)
            loads[context] = stack.enter_context(
                Load(bank, customers, kind, rest_seconds=rest_seconds)
            )
        for number in range(rounds):
            for action in ("move", "rollback"):
                _go_on(bank, loads)
                answers = _together(bank, action, contexts)
                for context, answer in answers.items():
                    _note(results[context], loads[context], answer, f"{action} {number + 1}")
        _go_on(bank, loads)
    with ExitStack() as stack:
        homes = {name: stack.enter_context(database(bank, name)) for name in BUILT}
        for context, load in loads.items():
            _judge(results[context], load, homes)
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
    """Keep when the fence was closed, and say how long the slowest client waited for it."""
    opened = answer["evidence"]["open"]
    fenced_at = datetime.fromisoformat(opened["fenced_at"])
    opened_at = datetime.fromisoformat(opened["opened_at"])
    result.closed.append((fenced_at, opened_at))
    slowest = max(
        (
            sent.milliseconds
            for sent in list(load.sent)
            if sent.sent_at <= opened_at and sent.answered_at >= fenced_at
        ),
        default=0.0,
    )
    result.said.append(
        f"{what}: fence {opened['pause_ms']} ms {opened['spent_ms']}, slowest client"
        f" {slowest:.0f} ms, load average {os.getloadavg()[0]:.1f}"
    )


def _judge(result: Result, load: Load, homes: dict[str, psycopg.Connection[Any]]) -> None:
    said_by = homes[load.kind.context]
    settle(said_by)
    result.gaps = missed(load.kind.context, said_by, list(homes.values()), load.begun_at)
    verdict = load.kind.verdict(said_by)
    result.writes, result.lost, result.doubled = verdict.writes, verdict.lost, verdict.doubled
    result.errors = len(load.errors())
    result.said += load.errors()[:5]
    for sent in load.sent:
        result.keep(sent)


def _percentile(milliseconds: list[float], percent: int) -> float:
    ordered = sorted(milliseconds)
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


def table(results: dict[str, Result]) -> list[list[str]]:
    """Return the rows of the table, with its headings first."""
    rows = [list(_HEADINGS)]
    for context, result in results.items():
        pauses = [f"{result.pause(percent):.0f} ms" for percent in (50, 95, 99)]
        pauses.append(f"{result.otherwise(99):.0f} ms")
        counted = (result.writes, result.lost, result.doubled, result.errors, result.gaps)
        rows.append([context, *(f"{number:,}" for number in counted), *pauses])
    return rows


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
    rows = table(results)
    sys.stdout.write(f"\n{markdown(rows)}\n")
    page = os.environ.get("PAGE", "")
    if page:
        order = [*BUILT, *(f"{context} (all at once)" for context in BUILT)]
        publish(Path(page), "table", rows, key=0, order=order)
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


if __name__ == "__main__":
    sys.exit(main())
