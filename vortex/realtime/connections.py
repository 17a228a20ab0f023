"""Connections to Valkey for code that runs in an event loop: one bounded pool per loop."""

import asyncio
from typing import Any, Final
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_CONNECTIONS: Final = 16
_TIMEOUT_SECONDS: Final = 2.0

_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, Any]" = WeakKeyDictionary()


def client() -> Any:
    """Return the client of the running loop; a command waits for a free connection for a while."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.VORTEX_CACHE_URL,
            max_connections=_CONNECTIONS,
            timeout=_TIMEOUT_SECONDS,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        _clients[loop] = redis.asyncio.Redis(connection_pool=pool)
    return _clients[loop]
