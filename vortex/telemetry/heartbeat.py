"""Signs of life of processes that answer no requests: the relay, the consumers, the workers.

`beat("relay")` is called at least every ten seconds, from the loop that does the work.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from vortex import valkey
from vortex.clock import now
from vortex.telemetry.logs import get_logger

QUIET_AFTER: Final = timedelta(seconds=30)
_KEPT: Final = timedelta(days=1)
_KEY: Final = "heartbeats"

log = get_logger("telemetry.heartbeat")


def beat(name: str) -> None:
    """Say that a process of this name is alive; a Valkey that does not answer is only logged."""
    try:
        valkey.client().hset(_key(), name, now().isoformat())
        valkey.client().expire(_key(), _KEPT)
    except valkey.FAILURES as error:
        log.warning("telemetry.heartbeat.not_written", process=name, error=type(error).__name__)


def beats() -> dict[str, datetime]:
    """Return when each process was last heard of; raises what Valkey raises."""
    found = valkey.client().hgetall(_key())
    return {
        _text(name): datetime.fromisoformat(_text(at)).astimezone(UTC)
        for name, at in sorted(found.items())
    }


def _key() -> str:
    """Return where this deployment keeps its signs: Valkey may be shared with others."""
    if len(settings.VORTEX_HOSTED) == len(settings.VORTEX_CONTEXTS):
        return _KEY
    return f"{_KEY}.{'.'.join(settings.VORTEX_HOSTED)}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
