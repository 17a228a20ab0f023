"""Celery and contexts that move: a worker serves the queues of what is owned here, and no others.

All deployments share the broker and one queue per context. When a context's data change hands, its
old worker leaves the queue and the new one joins it. A task that the old one had already taken
refuses with Moved, having done nothing, and goes back into the queue.
"""

import threading
from typing import Any, Final, cast

from celery import Celery, Task
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from vortex.db import Moved, alias_of, owns
from vortex.telemetry import get_logger

_LOOK_SECONDS: Final = 1.0

log = get_logger("celery.following")


class FollowingTask(cast("type[Any]", Task)):  # type: ignore[misc]
    """A task that goes back into its queue where the data of its context have moved."""

    autoretry_for = (Moved,)
    max_retries = None
    default_retry_delay = 1
    retry_jitter = False


def follow(app: Celery, worker: str) -> None:
    """Keep a worker to the queues of the contexts that are owned here, in a thread of its own."""
    threading.Thread(target=_keep, args=(app, worker), name="queues", daemon=True).start()


def _keep(app: Celery, worker: str) -> None:
    consumed = dict.fromkeys(settings.VORTEX_HOSTED, True)  # as its command line said
    forever = threading.Event()
    while not forever.wait(_LOOK_SECONDS):
        for name, now in consumed.items():
            owned = _owned(name)
            if owned is not None and owned is not now:
                change = app.control.add_consumer if owned else app.control.cancel_consumer
                change(name, destination=[worker])
                log.info("celery.queue.changed", context=name, consumed=owned)
                consumed[name] = owned


def _owned(context: str) -> bool | None:
    """Return whether a context is owned here, None where its database does not say."""
    try:
        return owns(context)
    except (DatabaseError, InterfaceError):
        connections[alias_of(context)].close()
        return None
