"""Database URLs as Django connection settings."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database(url: str, name: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://role:password@host:port/name?option=value`.

    An empty URL gives settings without a host, so that commands that need no database still run.
    """
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Django leaves it out, and then psycopg plans anew what it is asked to prepare.
            "prepare_threshold": 5,
            **dict(parse_qsl(parts.query)),
        },
    }
