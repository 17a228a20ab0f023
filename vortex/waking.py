"""Poking the clockwork: work that was written down is begun now instead of at the next tick.

A poke is a hint. Where the broker does not answer, the clock finds the work all the same.
"""

from typing import Final

from celery import current_app
from kombu.exceptions import KombuError
from kombu.pools import producers

from vortex.db import after_commit
from vortex.telemetry import get_logger

log = get_logger("waking")

# Nobody waits for a broker that is away: by its own choice kombu tries again for minutes. Workers
# do wait for it, so these are of a connection that only pokes.
_AT_ONCE: Final = {
    "max_retries": 1,
    "interval_start": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
}


def wake(task: str) -> None:
    """Send a task once the open unit of work has committed."""
    after_commit(lambda: send(task))


def send(task: str) -> None:
    """Send a task now, to the queue that its name says."""
    connection = current_app.connection_for_write(transport_options=_AT_ONCE)
    try:
        with producers[connection].acquire(block=True, timeout=1) as producer:
            current_app.send_task(task, producer=producer, retry=False, expires=60)
    except (KombuError, OSError) as error:
        log.warning("waking.missed", task=task, error=type(error).__name__)
