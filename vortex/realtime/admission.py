"""Who may open a socket: a page of this bank, with a ticket, for a session that is alive."""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http.request import validate_host

from vortex.identity.revocation import is_revoked
from vortex.realtime import metrics, tickets
from vortex.realtime.tickets import Admission

_LONGEST_TICKET: Final = 64


async def admit(scope: dict[str, Any]) -> Admission | None:
    """Return whom a connection belongs to, or None where it must be refused.

    A ticket is used up even if the connection is refused for another reason. A browser always sends
    an Origin; what sends none is no page that somebody was lured to.
    """
    query = parse_qs(scope["query_string"].decode("ascii", "replace"))
    ticket = query.get("ticket", [""])[0]
    admission = await tickets.take(ticket) if 0 < len(ticket) <= _LONGEST_TICKET else None
    if admission is None:
        metrics.refused.labels("ticket").inc()
    elif not is_own_page(scope):
        metrics.refused.labels("origin").inc()
    elif await is_over(admission):
        metrics.refused.labels("session").inc()
    else:
        return admission
    return None


async def is_over(admission: Admission) -> bool:
    """Say whether the session has been revoked; refuse where that cannot be known."""
    asked = sync_to_async(is_revoked, thread_sensitive=False)
    return await asked(
        session_id=admission.principal.session_id,
        user_id=admission.principal.user_id,
        issued_at=admission.issued_at,
    )


def is_own_page(scope: dict[str, Any]) -> bool:
    """Say whether the page that opens the socket came from this host or from an allowed one."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host:
        return False
    own = parts.netloc.lower() == headers.get(b"host", "").lower()
    named = [allowed for allowed in settings.ALLOWED_HOSTS if allowed != "*"]
    return own or validate_host(f"[{host}]" if ":" in host else host, named)
