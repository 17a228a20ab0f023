"""Tasks."""

from celery import shared_task


@shared_task(name="payments.tidy")
def tidy():
    """Tidy up."""
