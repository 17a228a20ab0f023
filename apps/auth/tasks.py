"""What auth does by the clock."""

from celery import shared_task

from apps.auth.services import keys, revocations, sessions, texts
from vortex.clock import now


@shared_task(name="auth.prune_sessions")
def prune_sessions() -> int:
    """Forget sessions that ended half a year ago, and questions and links of yesterday."""
    return sessions.prune(now=now())


@shared_task(name="auth.rotate_old_key")
def rotate_old_key() -> bool:
    """Sign with a new key once the active one is a month old; nobody is signed out."""
    return keys.rotate_when_old(now=now())


@shared_task(name="auth.send_texts")
def send_texts() -> int:
    """Send codes by SMS that wait for it; a carrier that is away is tried again."""
    return texts.send_due(now=now())


@shared_task(name="auth.renew_revocations")
def renew_revocations() -> int:
    """Mark again what has ended lately: a Valkey restored from a snapshot has forgotten it."""
    return revocations.renew(now=now())
