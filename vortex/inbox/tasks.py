"""The inbox's clockwork."""

from celery import shared_task
from django.conf import settings

from vortex.inbox.retention import forget, prepare


@shared_task(name="inbox.retention")
def retention() -> int:
    """Make the coming days of what was seen and drop the oldest, in every hosted context."""
    return sum(len(prepare(name)) + len(forget(name)) for name in settings.VORTEX_HOSTED)
