"""Where this deployment learns which sessions have ended, should Valkey have lost it."""

from apps.auth.contracts import Sessions
from vortex.binding import bind
from vortex.identity import Revoked


def load() -> Revoked:
    """Return what auth's database knows to have ended lately."""
    known = bind(Sessions).revoked_lately()
    return Revoked(
        sessions=known.sessions,
        until=known.until,
        users=tuple((one.user_id, one.before) for one in known.users),
    )
