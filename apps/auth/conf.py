"""What an operator may decide about signing in."""

from datetime import timedelta
from typing import Final, cast

from django.conf import settings

# However often it is refreshed, a session ends: then the person proves again who they are.
SESSION_LIFETIME: Final = timedelta(days=90)

# A browser in which no second factor is asked for is one for a month.
TRUST_LIFETIME: Final = timedelta(days=30)

# Changing how one signs in needs proof of being there that is not older.
SUDO_LIFETIME: Final = timedelta(minutes=15)

# The history of sign-ins is kept for half a year.
KEPT_AFTER_END: Final = timedelta(days=180)

# A signing key signs for a month, then the next one does.
SIGNING_KEY_AGE: Final = timedelta(days=30)

SCHEDULE: Final = {
    "auth.prune_sessions": {"task": "auth.prune_sessions", "schedule": timedelta(hours=6)},
    "auth.renew_revocations": {
        "task": "auth.renew_revocations",
        "schedule": timedelta(minutes=1),
    },
    # What a poke has missed, and what its carrier has not taken yet.
    "auth.send_texts": {"task": "auth.send_texts", "schedule": timedelta(seconds=20)},
    "auth.rotate_old_key": {"task": "auth.rotate_old_key", "schedule": timedelta(hours=12)},
}

# In a browser's session: the person whose second factor opened the administration.
SECOND_FACTOR_OF: Final = "vortex_second_factor"

# Refresh tokens are for auth alone; nobody else accepts what is addressed to it.
REFRESH_AUDIENCE: Final = "vortexcore-auth"


def access_lifetime() -> timedelta:
    """Return how long an access token lives."""
    return cast("timedelta", settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"])


def refresh_lifetime() -> timedelta:
    """Return how long a refresh token waits to be used."""
    return cast("timedelta", settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"])


def is_demonstration() -> bool:
    """Say whether this is a demonstration bank, where the password of the manual opens accounts."""
    return bool(settings.VORTEX_DEMO)
