"""Forgetting answers that no honest retry asks for any more."""

from datetime import timedelta
from typing import Final

from celery import shared_task
from django.conf import settings
from django.db import connections

from vortex.clock import now
from vortex.db import alias_of, owns

KEPT: Final = timedelta(days=3)
_AT_ONCE: Final = 5_000


@shared_task(name="idempotency.prune")
def prune() -> int:
    """Delete the answers older than three days in every context owned here; return how many."""
    return sum(prune_context(name) for name in settings.VORTEX_HOSTED if owns(name))


def prune_context(context: str) -> int:
    """Delete one context's old answers in short transactions; return how many."""
    deleted = 0
    while True:
        with connections[alias_of(context)].cursor() as cursor:
            cursor.execute(
                "delete from idempotency_key where ctid = any (array("
                " select ctid from idempotency_key where created_at < %s limit %s))",
                (now() - KEPT, _AT_ONCE),
            )
            found = int(cursor.rowcount)
            deleted += found
            if found < _AT_ONCE:
                return deleted
