"""Measure the posting engine through its service: postings a second, one by one and in batches.

    .venv/bin/python -m tests.load.postings [--accounts 20000] [--seconds 8] [--refused 0.24]

Starts a durable PostgreSQL of its own in a temporary directory. Every figure counts everything that
a posting is: the fence, limits, entries with running balances, the event in the outbox, the commit.
`client_us` and `server_us` are processor time per posting in the client and in PostgreSQL. Prints
lines of JSON; every law of the ledger is verified at the end.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psutil

from tests.load.events import _django, _say, _servers

RICH = 1_000_000_000


def main() -> None:
    """Measure, or be one of the writers."""
    options = _options()
    if options.role:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
        _django()
        _write(options)
        return
    with tempfile.TemporaryDirectory() as home, _servers(Path(home)):
        _django()
        _migrate()
        _open(options.accounts)
        for name, writers, batch, hot in (
            ("single", 1, 1, 0.0),
            ("single", 4, 1, 0.0),
            ("bulk", 1, 1_000, 0.0),
            ("bulk", 2, 1_000, 0.0),
            ("bulk", 2, 100, 0.0),
            ("bulk with a hot account", 2, 1_000, 1.0),
        ):
            _measure(name, options, writers=writers, batch=batch, hot=hot, refused=0.0)
        _measure(
            "bulk with refusals", options, writers=2, batch=1_000, hot=0, refused=options.refused
        )
        _verify()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--refused", type=float, default=0.24)
    parser.add_argument("--role", choices=["writer"])
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--hot", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _measure(
    name: str, options: argparse.Namespace, *, writers: int, batch: int, hot: float, refused: float
) -> None:
    command = [sys.executable, "-m", "tests.load.postings", "--role", "writer"]
    said = {"seconds": options.seconds, "batch": batch, "hot": hot, "refused": refused}
    command += [word for key, value in said.items() for word in (f"--{key}", str(value))]
    running = [
        subprocess.Popen(
            [*command, "--seed", str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(1, writers + 1)
    ]
    for process in running:
        _line(process)  # it is ready
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [_line(process) for process in running]
    for process in running:
        process.wait(20)
    items = sum(answer["items"] for answer in answers)
    _say(
        measure=name,
        writers=writers,
        batch=batch,
        per_second=round(sum(answer["items"] / answer["seconds"] for answer in answers)),
        refused=round(sum(answer["refused"] for answer in answers) / items, 2),
        **{
            f"{side}_us": round(sum(answer[side] for answer in answers) / items * 1e6, 1)
            for side in ("client", "server")
        },
        p95_ms=max(answer["p95_ms"] for answer in answers),
    )


def _line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    return msgspec.json.decode(process.stdout.readline(), type=dict[str, Any])


def _write(options: argparse.Namespace) -> None:
    from apps.transactions.services.posting import post_many

    make = _maker(options)
    post_many(make())
    _say(ready=True)
    sys.stdin.readline()
    backend = _backend()
    items = refused = 0
    times: list[float] = []
    started, client, server = time.monotonic(), time.process_time(), backend()
    while time.monotonic() - started < options.seconds:
        batch = make()
        sent = time.monotonic()
        outcomes = post_many(batch)
        times.append(time.monotonic() - sent)
        items += len(outcomes)
        refused += sum(not outcome.posted for outcome in outcomes)
    _say(
        items=items,
        refused=refused,
        seconds=time.monotonic() - started,
        client=time.process_time() - client,
        server=backend() - server,
        p95_ms=round(sorted(times)[int(len(times) * 0.95)] * 1000, 1),
    )


def _backend() -> Callable[[], float]:
    """Return a function that says how much processor time this connection's backend has used."""
    from django.db import connections

    with connections["transactions"].cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    return lambda: sum(backend.cpu_times()[:2])


def _maker(options: argparse.Namespace) -> Callable[[], list[Any]]:
    """Return a function that makes a batch of transfers between random customers."""
    from apps.transactions.contracts import Leg, Posting
    from apps.transactions.models import Account
    from vortex.ids import new_id

    found = Account.objects.filter(kind="customer").order_by("id").values_list("id", "booked_minor")
    rich: list[UUID] = [pk for pk, booked in found if booked > 0]
    poor: list[UUID] = [pk for pk, booked in found if booked == 0]
    chance = random.Random(options.seed)

    def one() -> Posting:
        source, target = chance.sample(rich, 2)
        if chance.random() < options.refused:
            source = chance.choice(poor)
        elif chance.random() < options.hot:
            target = rich[0] if source != rich[0] else rich[1]
        minor = chance.randint(1, 500)
        return Posting(
            posting_id=new_id(),
            legs=(
                Leg(account_id=source, amount_minor=-minor, currency="EUR"),
                Leg(account_id=target, amount_minor=minor, currency="EUR"),
            ),
            description="Measured transfer",
        )

    return lambda: [one() for _ in range(options.batch)]


def _migrate() -> None:
    from django.core.management import call_command

    for label in ("topology", "outbox", "inbox", "idempotency", "transactions"):
        call_command("migrate", label, database="transactions", verbosity=0)


def _open(count: int) -> None:
    """Open accounts with money; one in a hundred stays empty."""
    from apps.transactions.contracts import Leg, Posting
    from apps.transactions.models import Account
    from apps.transactions.services.posting import post_many
    from vortex.clock import now
    from vortex.db import unit_of_work
    from vortex.ids import new_id

    world = Account(id=new_id(), currency="EUR", kind="system", name="world", opened_at=now())
    made = [
        Account(id=new_id(), owner_id=new_id(), currency="EUR", kind="customer", opened_at=now())
        for _ in range(count)
    ]
    with unit_of_work("transactions"):
        Account.objects.bulk_create([world, *made], batch_size=1_000)
    rich = made[: -max(1, count // 100)]
    for first in range(0, len(rich), 400):
        legs = [
            Leg(account_id=account.id, amount_minor=RICH, currency="EUR")
            for account in rich[first : first + 400]
        ]
        debit = Leg(account_id=world.id, amount_minor=-RICH * len(legs), currency="EUR")
        (outcome,) = post_many([Posting(posting_id=new_id(), legs=(debit, *legs))])
        assert outcome.posted, outcome


def _verify() -> None:
    from apps.transactions.services.verifying import LAWS, breaches_of

    _say(laws=len(LAWS), broken=sum(len(breaches_of(law)) for law in LAWS))


if __name__ == "__main__":
    main()
