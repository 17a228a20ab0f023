"""What auth hears: its own word that a session has ended, so that it ends everywhere."""

from apps.auth.contracts import SessionRevoked
from apps.auth.services import sessions
from vortex.clock import now
from vortex.inbox import on


@on(SessionRevoked)
def end_session_everywhere(event: SessionRevoked) -> None:
    """A revoked session opens nothing any more, even if whoever revoked it died at once."""
    sessions.end_session_everywhere(session_id=event.session_id, now=now())
