"""Poking the clockwork: work that was written down is begun now instead of at the next tick.

A poke is a hint. Where the broker does not answer, the clock finds the work all the same.
"""

from functools import cache
from typing import Final

from celery import Celery
from kombu.exceptions import KombuError

from vortex.db import after_commit
from vortex.telemetry import get_logger

log = get_logger("transactions.waking")

# Nobody waits for a broker that is away: by its own choice kombu tries again for minutes.
_AT_ONCE: Final = {
    "max_retries": 1,
    "interval_start": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
}


def wake(task: str) -> None:
    """Send a task of ours once the open unit of work has committed."""
    after_commit(lambda: send(task))


def send(task: str) -> None:
    """Send a task of ours now."""
    try:
        _sender().send_task(task, queue="transactions", retry=False, expires=60)
    except (KombuError, OSError) as error:
        log.warning("transactions.waking.missed", task=task, error=type(error).__name__)


@cache
def _sender() -> Celery:
    """Return an application that only sends: a web server has loaded none that knows the broker."""
    app = Celery("vortex", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_transport_options = _AT_ONCE
    return app
