"""Poking the clockwork: work that was written down is begun now instead of at the next tick.

A poke is a hint. Where the broker does not answer, the clock finds the work all the same.
"""

from celery import current_app
from kombu.exceptions import KombuError

from vortex.db import after_commit
from vortex.telemetry import get_logger

log = get_logger("transactions.waking")


def wake(task: str) -> None:
    """Send a task of ours once the open unit of work has committed."""
    after_commit(lambda: send(task))


def send(task: str) -> None:
    """Send a task of ours now."""
    try:
        current_app.send_task(task, queue="transactions", retry=False, expires=60)
    except (KombuError, OSError) as error:
        log.warning("transactions.waking.missed", task=task, error=type(error).__name__)
