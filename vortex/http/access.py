"""The access line and the measurement of a request that Django did not serve.

The line is what RequestContextMiddleware logs, word for word. It is put together here because
structlog spends more time on it than the posting lane spends on a transfer; lines of one turn of
the event loop are written together.
"""

import asyncio
import logging
import sys
from functools import cache
from typing import Any, Final

import msgspec
from django.conf import settings

from vortex.clock import now
from vortex.http.middleware import SECONDS
from vortex.telemetry import context, get_logger
from vortex.telemetry.redaction import redact_text

NAME: Final = "http.access"

log = get_logger(NAME)
_encoder: Final = msgspec.json.Encoder()
_lines: list[bytes] = []


def served(
    *, method: str, route: str, status: int, code: str | None, seconds: float, client: str
) -> None:
    """Count a request and write its line, in the request's context."""
    _bucket(method, route, status).observe(seconds)
    said = {
        "method": method,
        "route": route,
        "status": status,
        "code": code,
        "duration_ms": round(seconds * 1000, 1),
        "client": client,
    }
    if not _is_json():
        log.info("http.request.served", **said)
    elif _logger().isEnabledFor(logging.INFO):
        _write(said)


def _write(said: dict[str, Any]) -> None:
    current = context.current()
    actor = {} if current.actor is None else {"actor_id": current.actor.user_id}
    line = {
        **said,
        "event": "http.request.served",
        "level": "info",
        "logger": NAME,
        "at": now().isoformat().replace("+00:00", "Z"),
        "request_id": redact_text(current.request_id),
        "trace_id": current.traceparent[3:35],
        **actor,
    }
    if not _lines:
        asyncio.get_running_loop().call_soon(_flush)
    _lines.append(_encoder.encode(line))


def _flush() -> None:
    text = b"\n".join(_lines).decode() + "\n"
    _lines.clear()
    sys.stderr.write(text)
    sys.stderr.flush()


def _is_json() -> bool:
    return settings.LOGGING.get("format", "json") == "json"  # type: ignore[no-any-return]


@cache
def _logger() -> logging.Logger:
    return logging.getLogger(NAME)  # noqa: TID251 - asked for its level, never logged to


@cache
def _bucket(method: str, route: str, status: int) -> Any:
    """Return the histogram of a kind of answers; there are few, so each is looked up once."""
    return SECONDS.labels(method, route, status)
