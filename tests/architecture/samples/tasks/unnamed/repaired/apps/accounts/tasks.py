"""Tasks."""

from celery import shared_task


@shared_task(name="accounts.tidy")
def tidy():
    """Tidy up."""
