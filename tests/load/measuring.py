"""One measurement: a generator against the bank, and what everybody spent on it."""

import resource
import socket
import subprocess
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.load.bank import ROOT, Bank

HERE: Final = Path(__file__).resolve().parent
_HALF: Final = b"POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
_OLDEST: Final = (
    "select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)"
    " from outbox_message"
)


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
    """Measure single transfers between customers."""
    words = (str(bank.payers), "1", "hot" if hot else "uniform")
    return _measured(bank, "single.lua", seconds, connections, words)


def bulk(bank: Bank, seconds: float, *, size: int = 1_000, hot: bool = False) -> Measured:
    """Measure batches of companies, two in flight."""
    words = (str(bank.companies), str(size), "hot" if hot else "uniform")
    return _measured(bank, "bulk.lua", seconds, 2, words)


def reads(bank: Bank, seconds: float, path: str) -> Measured:
    """Measure reads of customers; ACCOUNT in the path is their own account."""
    return _measured(bank, "reads.lua", seconds, 64, (str(bank.people), path))


def idle_crowd(bank: Bank, seconds: float, *, crowd: int = 10_000) -> Measured:
    """Measure single transfers while so many connections stand open and say half a request."""
    waiting = []
    try:
        for number in range(crowd):
            # A client's ports to one address end before ten thousand connections of one bench.
            source = (f"127.0.0.{2 + number // 5_000}", 0)
            waiting.append(
                socket.create_connection(("127.0.0.1", bank.port), 30, source_address=source)
            )
            waiting[-1].sendall((b"", b"POST /api/tran", _HALF)[number % 3])
        return single(bank, seconds)
    finally:
        for one in waiting:
            one.close()


def relay_lag(bank: Bank, seconds: float) -> Measured:
    """Measure how old the oldest event gets while transfers are made; needs relay and consumers.

    `per_second` are the transfers meanwhile, the percentiles those of the age.
    """
    ages: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            ages.append(1_000 * float(bank.ask(_OLDEST)))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        made = single(bank, seconds)
    finally:
        over.set()
        looking.join()
    ordered = sorted(ages) or [0.0]

    def at(share: float) -> float:
        return round(ordered[int((len(ordered) - 1) * share)], 1)

    return msgspec.structs.replace(made, p50_ms=at(0.5), p95_ms=at(0.95), p99_ms=at(0.99))


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
