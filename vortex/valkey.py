"""The connection to Valkey that request paths share: short timeouts, one retry, one pool."""

from functools import cache
from typing import Final

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# What is asked on every request must answer or fail while the request can still be refused in time.
_TIMEOUT_SECONDS: Final = 0.5

# What any command may raise when Valkey is down, full or being restarted.
FAILURES: Final = (redis.RedisError, OSError)


def client() -> redis.Redis:
    """Return the client of settings.VORTEX_CACHE_URL; safe to share between threads."""
    return _client(settings.VORTEX_CACHE_URL)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        # A pooled connection that a restart has cut is noticed on use: once again, on a fresh one.
        retry=Retry(NoBackoff(), 1),
    )
