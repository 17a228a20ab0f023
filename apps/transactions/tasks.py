"""Clockwork of the ledger: entry points as thin as views."""

from celery import shared_task

from apps.transactions.services import bulk_running, holding, importing, months, ruling
from vortex.clock import now


@shared_task(name="transactions.expire_holds")
def expire_holds() -> int:
    """Free the money of holds whose time is over."""
    return holding.expire_due(now=now())


@shared_task(name="transactions.work_off_imports")
def work_off_imports() -> int:
    """Go on with every import that waits to be read or to be published."""
    return importing.work_off(now=now())


@shared_task(name="transactions.work_off_rule_runs")
def work_off_rule_runs() -> int:
    """Go on with every rule that is on its way through the past."""
    return ruling.work_off(now=now())


@shared_task(name="transactions.work_off_bulk")
def work_off_bulk() -> int:
    """Go on with every large set of transfers that waits."""
    return bulk_running.work_off(now=now())


@shared_task(name="transactions.tidy_bulk")
def tidy_bulk() -> int:
    """Throw away large sets that never came whole, and old ones."""
    return bulk_running.tidy(now=now())


@shared_task(name="transactions.make_months")
def make_months() -> int:
    """Make the months of the ledger that are to come."""
    return len(months.make_ahead(now=now()))
