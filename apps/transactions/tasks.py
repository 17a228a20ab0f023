"""Clockwork of the ledger: entry points as thin as views."""

from celery import shared_task

from apps.transactions.services import holding
from vortex.clock import now


@shared_task(name="transactions.expire_holds")
def expire_holds() -> int:
    """Free the money of holds whose time is over."""
    return holding.expire_due(now=now())
