"""A relay or a consumer as a process of its own, with a handler that these tests know.

Run as `python -m tests.kernel.messaging.processes relay|consume`; the environment names servers.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from vortex.contracts import Event, event

SOURCE, LISTENER = "accounts", "security"
TOPIC = "test.messaging"


@event("stone.laid", topic=TOPIC, key="wall")
class Laid(Event):
    """A stone was laid upon a wall; `number` counts its stones."""

    wall: str
    number: int


@contextmanager
def process(role: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a relay or a consumer beside this process, on the databases of this test worker."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.kernel.messaging.processes", role],
        cwd=settings.ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]},
    )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(20)


def _relay() -> tuple[Callable[[], None], Callable[[], None]]:
    from vortex.broker import broker
    from vortex.outbox.relay import Relay

    relay = Relay((SOURCE,), broker(), lease_seconds=1.0)
    return relay.run, relay.stop


def _consume() -> tuple[Callable[[], None], Callable[[], None]]:
    from vortex.broker.streams import StreamsBroker
    from vortex.inbox.worker import Worker

    listen()
    broker = StreamsBroker(settings.VORTEX_BROKER_URL, lease_seconds=1.0)
    worker = Worker((LISTENER,), broker, name=f"{os.getpid()}")
    return worker.run, worker.stop


def listen() -> None:
    """Register the handler: every stone becomes a row that cannot be written twice."""
    from vortex.clock import now
    from vortex.inbox import on
    from vortex.topology.models import Owner

    @on(Laid, context=LISTENER)
    def note(laid: Laid) -> None:
        Owner.objects.create(context=f"{laid.wall}/{laid.number}", owner="here", changed_at=now())


def main() -> None:
    """Be one of the processes."""
    import django

    django.setup()
    run, stop = {"relay": _relay, "consume": _consume}[sys.argv[1]]()
    signal.signal(signal.SIGTERM, lambda *_: stop())
    run()


if __name__ == "__main__":
    main()
