"""Clockwork of accounts: entry points as thin as views."""

from celery import shared_task

from apps.accounts.services import standing
from vortex.clock import now


@shared_task(name="accounts.finish_abandoned_changes")
def finish_abandoned_changes() -> int:
    """Finish changes of standing whose process died between the ledger and our own row."""
    return standing.finish_abandoned_changes(now=now())
