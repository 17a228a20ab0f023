"""Measure events: how many a second from commit to handler, and how long one takes at which rate.

    .venv/bin/python -m tests.load.events [--events 50000] [--seconds 10] [--batch 500]

Starts servers of its own (durable, as in production) in a temporary directory, one relay process
and one consumer process. Every event is a row of the outbox of `transactions`, as the ledger writes
it, and one row of the inbox of `security`. Prints lines of JSON.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from vortex.embedded.postgres import Postgres

SOURCE, LISTENER = "transactions", "security"
WARM_UP = 2_000
INSERT = """
insert into outbox_message (topic, key, type, payload, single)
select 'test.load', id::text, 'load.measured',
       jsonb_build_object('id', id, 'legs', jsonb_build_array(
         jsonb_build_object('account_id', id, 'amount_minor', 1234, 'currency', 'EUR'),
         jsonb_build_object('account_id', id, 'amount_minor', -1234, 'currency', 'EUR'))), true
  from (select uuidv7() as id from generate_series(1, %s)) made
"""


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    options = _options()
    if options.role:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
        _django()
        {"relay": _relay, "consumer": lambda: _consume(options.batch)}[options.role]()
        return
    with tempfile.TemporaryDirectory() as home, _servers(Path(home)):
        _django()
        _migrate()
        _measure(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--role", choices=["relay", "consumer"])
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> None:
    with _process("relay", options), _process("consumer", options) as consumer:
        _insert(WARM_UP)
        _await(consumer, WARM_UP)
        rate = _sustained(options.events, consumer)
        _say(measure="sustained", events=options.events, per_second=round(rate))
        for share in (0.1, 0.5, 1.0):
            _say(**_paced(rate * share, options.seconds, consumer), share=share)


def _sustained(events: int, consumer: "subprocess.Popen[str]") -> float:
    started = time.monotonic()
    for _ in range(0, events, 1_000):
        _insert(1_000)
    _say(measure="inserted", per_second=round(events / (time.monotonic() - started)))
    _await(consumer, events)
    return events / (time.monotonic() - started)


def _paced(rate: float, seconds: int, consumer: "subprocess.Popen[str]") -> dict[str, Any]:
    """Insert at a rate, a hundredth of a second's worth at a time; return the latencies."""
    sent, started, pause = 0, time.monotonic(), threading.Event()
    while (passed := time.monotonic() - started) < seconds:
        due = int(rate * passed) - sent
        if due > 0:
            _insert(due)
            sent += due
        pause.wait(0.01)
    return {"measure": "paced", "per_second": round(sent / seconds), **_await(consumer, sent)}


def _insert(count: int) -> None:
    from vortex.db import after_commit, unit_of_work
    from vortex.outbox import poke

    with unit_of_work(SOURCE) as connection, connection.cursor() as cursor:
        cursor.execute(INSERT, (count,))
        after_commit(lambda: poke(SOURCE))


def _await(consumer: "subprocess.Popen[str]", count: int) -> dict[str, Any]:
    """Ask the consumer for its latencies once it has handled so many events more."""
    if consumer.stdin is None or consumer.stdout is None:
        raise AssertionError("the process was given pipes")
    consumer.stdin.write(f"{count}\n")
    consumer.stdin.flush()
    return msgspec.json.decode(consumer.stdout.readline(), type=dict[str, Any])


def _relay() -> None:
    from vortex.broker import broker
    from vortex.outbox.relay import Relay

    relay = Relay((SOURCE,), broker())
    _until_terminated(relay.stop, relay.run)


def _consume(batch: int) -> None:
    from uuid import UUID

    from vortex.broker import broker
    from vortex.clock import now
    from vortex.contracts import Event, event
    from vortex.inbox import on
    from vortex.inbox.worker import Worker

    @event("load.measured", topic="test.load", key="id", single=True)
    class Measured(Event):
        id: UUID

    ages: list[float] = []

    def note(heard: list[Measured]) -> None:
        moment = now().timestamp()
        # The first 48 bits of a UUIDv7 are the milliseconds at which PostgreSQL made it.
        ages.extend(moment - (one.id.int >> 80) / 1000 for one in heard)

    if batch > 1:
        on(Measured, batch=batch, context=LISTENER)(note)
    else:
        on(Measured, context=LISTENER)(lambda one: note([one]))
    worker = Worker((LISTENER,), broker(), name=f"load:{os.getpid()}")
    threading.Thread(target=_answer, args=(ages,), daemon=True).start()
    _until_terminated(worker.stop, worker.run)


def _answer(ages: list[float]) -> None:
    pause = threading.Event()
    for line in sys.stdin:
        while len(ages) < int(line):
            pause.wait(0.005)
        found = sorted(ages[: int(line)])
        del ages[: int(line)]
        marks = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        said = {f"{n}_ms": round(found[int(len(found) * m)] * 1000, 1) for n, m in marks.items()}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        sys.stdout.flush()


def _until_terminated(stop: Callable[[], None], run: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop())
    run()


@contextmanager
def _process(role: str, options: argparse.Namespace) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.load.events", "--role", role]
    process = subprocess.Popen(
        [*command, "--batch", str(options.batch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextmanager
def _servers(home: Path) -> Iterator[Postgres]:
    from config.contexts import CONTEXTS
    from vortex.embedded.provision import provision
    from vortex.embedded.valkey import Valkey

    postgres, valkey = Postgres(home, owned=CONTEXTS), Valkey(home)
    try:
        postgres.start()
        valkey.start()
        provision(postgres.admin_url(), CONTEXTS, postgres.password)
        for context in CONTEXTS:
            url = postgres.url(context.database, context.role)
            os.environ[context.database_variable] = url
        os.environ["VORTEX_BROKER_URL"], os.environ["VORTEX_CACHE_URL"] = (
            valkey.url(0),
            valkey.url(1),
        )
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
        yield postgres
    finally:
        valkey.stop()
        postgres.stop()


def _django() -> None:
    import django

    django.setup()


def _migrate() -> None:
    from django.core.management import call_command

    for database in (SOURCE, LISTENER):
        for label in ("topology", "outbox", "inbox"):
            call_command("migrate", label, database=database, verbosity=0)


def _say(**said: Any) -> None:
    sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
