"""Measure the bank against its targets and against others, in one session: `make bench`.

    make bench                        everything, in three rounds
    make bench ONLY=single SECONDS=10 one target
    make bench JSON=1                 the last line is one JSON object
    make bench SOAK=600               ten minutes of single transfers, with relay and two consumers
    make bench PGLEDGER_SQL=file.sql  also pgledger: its SQL after that of its ULIDs
    make bench HORDAK=1               also django-hordak
    make bench ONLY=reads             pages over HISTORY=10000000 postings, made first in minutes
    make bench ONLY=growth            batches before and after HISTORY postings are there
    make bench ACCOUNTS=100000        more accounts to move money between than 2,000
    make bench ONLY=ways              one port against Envoy in front, uvicorn against granian
    make bench ONLY=relay             the age of the oldest event while transfers are made
    make bench ONLY=crowd             transfers while 10,000 connections stand open

Starts a durable bank of its own in a temporary directory. Rounds are interleaved, so that what else
the machine does meets all of them; a figure is the median, its noise the range over the median.
Every law of the ledger is verified at the end.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from tests.load import beside, measuring, references
from tests.load.bank import Bank, bank
from tests.load.history import grow
from tests.load.measuring import Measured

Measure = Callable[[Bank, float], Measured]

PGBENCH, PGLEDGER, HORDAK = "pgbench TPC-B", "pgledger", "django-hordak"
COLUMNS: Final = (
    *("", "a second", "noise", "ratio", "P50", "P95", "P99 ms"),
    *("CPU µs each", "WAL", "met"),
)


def _reads(path: str) -> Measure:
    return lambda opened, seconds: measuring.reads(opened, seconds, path)


def _through(way: str) -> Measure:
    def measure(opened: Bank, seconds: float) -> Measured:
        other = beside.envoy(opened) if way == "envoy" else beside.server(opened, way)
        with other as there:
            measuring.single(there, 2)  # its tokens are verified once, its plans made
            return measuring.single(there, seconds)

    return measure


@dataclass(frozen=True)
class Target:
    """What is to be reached: so many a second, so soon, and so many times a reference."""

    measure: Measure
    per_second: float
    p95_ms: float
    times: tuple[str, float]


TARGETS: Final[dict[str, Target]] = {
    "single": Target(measuring.single, 10_000, 50, (PGBENCH, 2.5)),
    "single_hot": Target(lambda b, s: measuring.single(b, s, hot=True), 8_000, 50, ("single", 0.8)),
    "bulk": Target(measuring.bulk, 35_000, 150, (PGBENCH, 8)),
    "bulk_100": Target(lambda b, s: measuring.bulk(b, s, size=100), 20_000, 150, (PGBENCH, 5)),
    "bulk_hot": Target(lambda b, s: measuring.bulk(b, s, hot=True), 28_000, 150, ("bulk", 0.8)),
}

# What is measured only where it is asked for: it needs a long history, or servers of its own.
MORE: Final[dict[str, dict[str, Target]]] = {
    "reads": {
        "page of 50": Target(_reads("/api/transactions?limit=50"), 0, 50, (PGBENCH, 0)),
        "page of 50, filtered": Target(
            _reads("/api/transactions?limit=50&account_id=ACCOUNT&direction=out"),
            *(0, 50, (PGBENCH, 0)),
        ),
        "balance": Target(_reads("/api/accounts/ACCOUNT/balance"), 0, 50, (PGBENCH, 0)),
        "account list": Target(_reads("/api/accounts"), 0, 50, (PGBENCH, 0)),
        "sums by month": Target(_reads("/api/transactions/aggregate"), 0, 1_000, (PGBENCH, 0)),
    },
    "growth": {"bulk, grown": Target(measuring.bulk, 0, 150, ("bulk", 1 / 1.3))},
    "ways": {
        "through Envoy": Target(_through("envoy"), 0, 50, ("single", 0.85)),
        "granian": Target(_through("granian"), 0, 50, ("single", 0)),
    },
    "relay": {"age of the oldest event": Target(measuring.relay_lag, 0, 2_000, ("single", 0))},
    "crowd": {"10,000 connections": Target(measuring.idle_crowd, 0, 200, ("single", 0.5))},
}


@dataclass(frozen=True)
class Options:
    """What the environment asks for."""

    only: frozenset[str]
    seconds: float
    rounds: int
    soak: float
    json: bool
    pgledger: str
    hordak: bool
    server: str
    workers: int
    accounts: int
    history: int


def main() -> int:
    """Measure; return 1 where a law of the ledger is broken afterwards or a request failed."""
    options = _options()
    if shutil.which("wrk") is None:
        _note("The load comes from wrk, which is not here. On Debian and Ubuntu: apt install wrk")
        return 2
    with tempfile.TemporaryDirectory() as home:
        is_heard = options.soak or "relay" in options.only
        extra = ("relay", "consume", "consume") if is_heard else ()
        with bank(
            Path(home),
            accounts=options.accounts,
            server=options.server,
            workers=options.workers,
            extra=extra,
        ) as opened:
            found = _soak(opened, options) if options.soak else _all(opened, options)
            broken = _broken_laws()
    _show(found, options)
    failed = sum(one.failed for rounds in found.values() for one in rounds)
    return 1 if broken or failed else 0


def _options() -> Options:
    asked = os.environ.get
    return Options(
        only=frozenset(asked("ONLY", "").replace(",", " ").split()),
        seconds=float(asked("SECONDS", "") or 10),
        rounds=int(asked("ROUNDS", "") or 3),
        soak=float(asked("SOAK", "") or 0),
        json=asked("JSON", "") == "1",
        pgledger=asked("PGLEDGER_SQL", ""),
        hordak=asked("HORDAK", "") == "1",
        server=asked("SERVER", "") or "uvicorn",
        workers=int(asked("WORKERS", "") or 1),
        accounts=int(asked("ACCOUNTS", "") or 2_000),
        history=int(asked("HISTORY", "") or 10_000_000),
    )


def _all(opened: Bank, options: Options) -> dict[str, list[Measured]]:
    plan: dict[str, Measure] = {PGBENCH: references.pgbench}
    references.prepare_pgbench(opened)
    if options.pgledger:
        references.prepare_pgledger(opened, Path(options.pgledger))
        plan[PGLEDGER] = references.pgledger
    if options.hordak:
        references.prepare_hordak(opened)
        plan[HORDAK] = references.hordak
    plan |= {n: t.measure for n, t in TARGETS.items() if not options.only or n in options.only}
    against = {t.times[0] for name in options.only & MORE.keys() for t in MORE[name].values()}
    plan |= {n: t.measure for n, t in TARGETS.items() if n in against}
    measuring.single(opened, 5)  # every token is verified once, every plan made
    found = _rounds(opened, options, plan)
    if options.only & {"reads", "growth"}:
        _note(f"making {options.history:,} postings")
        _note(f"{grow(opened, options.history):,} are there")
        measuring.reads(opened, 5, "/api/accounts")  # so are all tokens, and what is often read
    more = {
        name: target.measure
        for group in sorted(options.only & MORE.keys())
        for name, target in MORE[group].items()
    }
    return found | _rounds(opened, options, more)


def _rounds(opened: Bank, options: Options, plan: dict[str, Measure]) -> dict[str, list[Measured]]:
    """Measure everything of a plan in turn, several times."""
    found: dict[str, list[Measured]] = {name: [] for name in plan}
    for _ in range(options.rounds):
        opened.settle()
        for name, measure in plan.items():
            found[name].append(measure(opened, options.seconds))
            _note(f"{name}: {found[name][-1].per_second:,.0f}/s")
    return found


def _soak(opened: Bank, options: Options) -> dict[str, list[Measured]]:
    """Keep it up for long, and say what that does to memory and to the outbox."""
    rounds: list[Measured] = []
    measuring.single(opened, 5)
    while sum(options.seconds for _ in rounds) < options.soak:
        rounds.append(measuring.single(opened, options.seconds))
        waiting = opened.ask(
            "select coalesce(extract(epoch from now() - min(created_at)), 0) from outbox_message"
        )
        _note(
            f"{rounds[-1].per_second:,.0f}/s, web server {opened.rss() >> 20} MiB,"
            f" oldest event {float(waiting):.1f} s, {_unheard():,} events to be handled"
        )
    return {"single": rounds}


def _unheard() -> int:
    """Return how many events the consumers are behind, over all contexts."""
    from django.conf import settings

    from vortex.broker import broker
    from vortex.inbox.registry import topics

    hearing = [context for context in settings.VORTEX_HOSTED if topics(context)]
    return sum(broker().lag(group=context, topics=topics(context)) for context in hearing)


def _broken_laws() -> int:
    from apps.transactions.services.verifying import LAWS, breaches_of

    broken = sum(len(breaches_of(law)) for law in LAWS)
    _note(f"{len(LAWS)} laws of the ledger, {broken} breaches")
    return broken


def _show(found: dict[str, list[Measured]], options: Options) -> None:
    table = Table(title=_title(options))
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"", "CPU µs each"} else "right")
    rates = {name: median(one.per_second for one in rounds) for name, rounds in found.items()}
    said: dict[str, dict[str, Any]] = {}
    known = TARGETS | {name: t for group in MORE.values() for name, t in group.items()}
    for name, rounds in found.items():
        middle = sorted(rounds, key=lambda one: one.per_second)[len(rounds) // 2]
        target = known.get(name)
        against, least = target.times if target else ("", 0.0)
        ratio = rates[name] / rates[against] if rates.get(against) else None
        met = target is not None and (
            rates[name] >= target.per_second
            and middle.p95_ms <= target.p95_ms
            and (ratio is None or ratio >= least)
        )
        said[name] = {
            "value": round(rates[name]),
            "unit": "per second",
            "ratio": None if ratio is None else round(ratio, 2),
            "p95_ms": middle.p95_ms,
            "met": met if target else None,
        }
        spread = max(o.per_second for o in rounds) - min(o.per_second for o in rounds)
        table.add_row(
            name,
            f"{rates[name]:,.0f}",
            f"{spread / (rates[name] or 1):.0%}",
            "" if ratio is None else f"{ratio:.2f} × {against}",
            f"{middle.p50_ms:.1f}",
            f"{middle.p95_ms:.1f}",
            f"{middle.p99_ms:.1f}",
            ", ".join(f"{kind} {spent:.0f}" for kind, spent in middle.cpu_us.items()),
            f"{middle.wal_bytes:,.0f}",
            "" if target is None else ("yes" if met else f"no: {target.per_second:,.0f}"),
        )
    Console(width=180).print(table)
    if options.json:
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")


def _title(options: Options) -> str:
    python = f"Python {platform.python_version()} ({Path(sys.executable).resolve()})"
    return f"{options.server}, {options.workers} worker(s), {os.cpu_count()} cores, {python}"


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
