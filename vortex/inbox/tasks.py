"""The inbox's clockwork."""

from celery import shared_task
from django.conf import settings

from vortex.db import owns
from vortex.inbox.retention import forget, prepare


@shared_task(name="inbox.retention")
def retention() -> int:
    """Make the coming days of what was seen and drop the oldest, in every context owned here."""
    return sum(
        len(prepare(name)) + len(forget(name)) for name in settings.VORTEX_HOSTED if owns(name)
    )
