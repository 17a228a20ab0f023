"""The outbox's clockwork."""

from celery import shared_task
from django.conf import settings

from vortex.db import owns
from vortex.outbox.retention import forget, prepare


@shared_task(name="outbox.retention")
def retention() -> int:
    """Make the archive's coming days and drop its oldest ones, in every context owned here."""
    return sum(
        len(prepare(name)) + len(forget(name)) for name in settings.VORTEX_HOSTED if owns(name)
    )
