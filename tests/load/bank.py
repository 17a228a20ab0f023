"""A bank of the load test's own: durable servers, customers with money, and the web server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit

import psutil
import psycopg

from config.up.migrate import migrate
from tests.load.events import _servers
from tests.load.postings import RICH
from vortex.embedded.postgres import Postgres

ROOT: Final = Path(__file__).resolve().parents[2]
PEOPLE: Final = 2_000
COMPANY: Final = 500
READER: Final = "reader"  # the name of accounts of people who read
_SEGMENTS: Final = 60
_AHEAD: Final = """
select count(*) from pg_ls_waldir() where name > pg_walfile_name(pg_current_wal_lsn())
"""
MANAGE: Final = (sys.executable, "manage.py")
SERVERS: Final = {
    "uvicorn": (
        *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--lifespan=off"),
        "--http=config.asgi:Protocol",
        *("--no-access-log", "--no-proxy-headers", "--host=127.0.0.1", "--port={port}"),
        "--workers={workers}",
    ),
    "granian": (
        *(sys.executable, "-m", "granian", "--interface=asginl", "config.asgi:application"),
        *("--no-access-log", "--host=127.0.0.1", "--port={port}", "--workers={workers}"),
        "--no-ws",
    ),
}


@dataclass
class Bank:
    """A bank that is open.

    `people`, `payers` and `companies` are files of tokens and accounts, a line each. People have
    one account each, and read; as many payers share all accounts that transfers are made between,
    and companies have COMPANY of as many.
    """

    home: Path
    port: int
    postgres: Postgres
    people: Path
    payers: Path
    companies: Path
    processes: dict[str, list[psutil.Process]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> dict[tuple[str, int], float]:
        """Return the processor seconds of every process so far, by its kind and its id."""
        return {
            (name, process.pid): sum(_times(process))
            for name, roots in self.processes.items()
            for root in roots
            for process in (root, *root.children(recursive=True))
        }

    def rss(self) -> int:
        """Return the bytes that the web server holds."""
        return sum(
            process.memory_info().rss
            for root in self.processes["web"]
            for process in (root, *root.children(recursive=True))
        )

    def settle(self) -> None:
        """Write out what is dirty, and have a gigabyte of log laid out, as a server in use has.

        A new segment of the log is filled with zeros and flushed while everybody waits; one that
        was laid out before is not.
        """
        with psycopg.connect(self.postgres.admin_url(), autocommit=True) as connection:
            (ahead,) = connection.execute(_AHEAD).fetchone() or (0,)
            for _ in range(_SEGMENTS - ahead):
                connection.execute("select pg_logical_emit_message(false, 'load', '')")
                connection.execute("select pg_switch_wal()")
            connection.execute("checkpoint")

    def wal(self) -> int:
        """Return the position of the write-ahead log, in bytes."""
        return int(self.ask("select pg_current_wal_lsn() - '0/0'::pg_lsn"))

    def ask(self, statement: str) -> str:
        """Return the one value that a statement answers."""
        with psycopg.connect(os.environ["VORTEX_TRANSACTIONS_DATABASE_URL"]) as connection:
            row = connection.execute(statement).fetchone()
        return str(row[0]) if row else ""


@contextmanager
def bank(
    home: Path,
    *,
    accounts: int,
    server: str = "uvicorn",
    workers: int = 1,
    extra: Sequence[str] = (),
) -> Iterator[Bank]:
    """Open a bank; `extra` are management commands that run beside the web server."""
    os.environ["VORTEX_HOME"] = str(home)
    os.environ["VORTEX_RATE_LIMIT_SCALE"] = "1000"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.load.settings"
    with _servers(home) as postgres, ExitStack() as scope:
        migrate()
        people, payers, companies = (home / name for name in ("people", "payers", "companies"))
        opened = Bank(home, _free_port(), postgres, people, payers, companies)
        _populate(opened.people, PEOPLE, each=1, name=READER)
        _populate(opened.payers, accounts, each=max(1, accounts // PEOPLE))
        _populate(opened.companies, accounts, each=COMPANY)
        command = [part.format(port=opened.port, workers=workers) for part in SERVERS[server]]
        opened.processes = _families(home)
        for place, words in enumerate((command, *([*MANAGE, one] for one in extra))):
            name = words[-1] if place else "web"
            process = scope.enter_context(_running(f"{name}-{place}", words, home))
            opened.processes.setdefault(name, []).append(process)
        _await(opened.port)
        yield opened


@contextmanager
def _running(name: str, words: Sequence[str], home: Path) -> Iterator[psutil.Process]:
    with (home / f"{name}.log").open("w") as log:
        process = subprocess.Popen(list(words), cwd=ROOT, stdout=log, stderr=log)
        try:
            yield psutil.Process(process.pid)
            if process.poll() is not None:
                said = (home / f"{name}.log").read_text().splitlines()[-1:]
                raise RuntimeError(f"{name} ended while it was measured: {said}")
        finally:
            process.terminate()
            process.wait(30)


def _families(home: Path) -> dict[str, list[psutil.Process]]:
    """Return the servers that stand on this home."""
    found: dict[str, list[psutil.Process]] = {"postgres": [], "valkey": []}
    cache = urlsplit(os.environ["VORTEX_CACHE_URL"]).port
    for process in psutil.process_iter(["name", "cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(home) in words and "postgres" in words and "bin/postgres" in words:
            found["postgres"].append(process)
        elif "valkey" in words and f":{cache}" in words:  # it names itself by its address
            found["valkey"].append(process)
    return found


def _populate(file: Path, count: int, *, each: int, name: str = "") -> None:
    """Open accounts with money, and write down who may spend it."""
    from apps.transactions.contracts import Leg, Posting
    from apps.transactions.models import Account
    from apps.transactions.services.posting import post_many
    from tests.load.issuer import token
    from vortex.clock import now
    from vortex.db import unit_of_work
    from vortex.ids import new_id

    world = Account(id=new_id(), currency="EUR", kind="system", name="world", opened_at=now())
    owners = [new_id() for _ in range(max(1, count // each))]
    made = [
        Account(
            id=new_id(),
            owner_id=owner,
            currency="EUR",
            kind="customer",
            name=name,
            opened_at=now(),
        )
        for owner in owners
        for _ in range(each)
    ]
    with unit_of_work("transactions"):
        Account.objects.bulk_create([world, *made], batch_size=1_000)
    _hold(made)
    for first in range(0, len(made), 400):
        legs = [
            Leg(account_id=account.id, amount_minor=RICH, currency="EUR")
            for account in made[first : first + 400]
        ]
        debit = Leg(account_id=world.id, amount_minor=-RICH * len(legs), currency="EUR")
        post_many([Posting(posting_id=new_id(), legs=(debit, *legs))])
    tokens = {owner: token(owner) for owner in owners}
    lines = [f"{tokens[account.owner_id]} {account.id}" for account in made if account.owner_id]
    file.write_text("\n".join(lines) + "\n")


def _hold(made: Sequence[Any]) -> None:
    """Let accounts of the ledger be held by their owners, as the context of accounts knows it."""
    from apps.accounts.domain.standing import Standing
    from apps.accounts.models import Account
    from vortex.db import unit_of_work

    with unit_of_work("accounts"):
        Account.objects.bulk_create(
            [
                Account(
                    id=one.id,
                    owner_id=one.owner_id,
                    product="checking",
                    currency=one.currency,
                    iban="",
                    overdraft_minor=0,
                    standing=Standing.ACTIVE.value,
                    opened_at=one.opened_at,
                )
                for one in made
            ],
            batch_size=1_000,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5):
                return
        except (URLError, OSError):
            continue
    raise TimeoutError("the web server did not start")


def _times(process: psutil.Process) -> tuple[float, float]:
    try:
        spent = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0, 0.0
    return spent.user, spent.system
