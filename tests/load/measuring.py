"""One measurement: a generator against the bank, and what everybody spent on it."""

import resource
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.load.bank import ROOT, Bank

HERE: Final = Path(__file__).resolve().parent


class Measured(msgspec.Struct, kw_only=True):
    """What came of it. Processor time is in microseconds per transfer, by kind of process."""

    per_second: float
    failed: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_us: dict[str, float] = {}
    wal_bytes: float = 0.0


class _Said(msgspec.Struct):
    made: int
    failed: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def single(bank: Bank, seconds: float, *, connections: int = 128, hot: bool = False) -> Measured:
    """Measure single transfers of customers."""
    words = (str(bank.people), "1", "hot" if hot else "uniform")
    return _measured(bank, "single.lua", seconds, connections, words)


def bulk(bank: Bank, seconds: float, *, size: int = 1_000, hot: bool = False) -> Measured:
    """Measure batches of companies, two in flight."""
    words = (str(bank.companies), str(size), "hot" if hot else "uniform")
    return _measured(bank, "bulk.lua", seconds, 2, words)


def _measured(
    bank: Bank, script: str, seconds: float, connections: int, words: Sequence[str]
) -> Measured:
    before, wal, own = bank.cpu(), bank.wal(), _generator_seconds()
    answer = subprocess.run(
        [
            *("wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s"),
            *("-s", str(HERE / script), bank.url, "--", *words),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    said = msgspec.json.decode(answer.strip().splitlines()[-1], type=_Said)
    made = max(1, said.made)
    used: dict[str, float] = defaultdict(float)
    for process, spent in bank.cpu().items():
        used[process[0]] += spent - before.get(process, 0.0)
    used["generator"] = _generator_seconds() - own
    return Measured(
        per_second=said.made / said.seconds,
        failed=said.failed,
        p50_ms=said.p50_ms,
        p95_ms=said.p95_ms,
        p99_ms=said.p99_ms,
        cpu_us={name: round(spent / made * 1e6, 1) for name, spent in used.items()},
        wal_bytes=round((bank.wal() - wal) / made),
    )


def _generator_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
