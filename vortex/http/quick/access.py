"""The access line and the measurement of a request that Django did not serve.

The line is what RequestContextMiddleware logs, word for word. It is put together here because
structlog spends more time on it than the posting lane spends on a transfer; lines of one turn of
the event loop are written together.
"""

import asyncio
import logging
import re
import sys
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from vortex.clock import now
from vortex.http.middleware import SECONDS
from vortex.telemetry import context, get_logger
from vortex.telemetry.redaction import redact_text

NAME: Final = "http.access"

log = get_logger(NAME)
_encoder: Final = msgspec.json.Encoder()
_OURS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_lines: list[bytes] = []
_at = [""]  # when the first of them was written


class _Line(msgspec.Struct):
    """The line, with the fields of RequestContextMiddleware's and structlog's."""

    method: str
    route: str
    status: int
    code: str | None
    duration_ms: float
    client: str
    at: str
    request_id: str
    trace_id: str
    actor_id: UUID | msgspec.UnsetType
    event: str = "http.request.served"
    level: str = "info"
    logger: str = NAME


def served(
    current: context.RequestContext,
    *,
    method: str,
    route: str,
    status: int,
    code: str | None,
    seconds: float,
    client: str,
) -> None:
    """Count a request and write its line; `current` is the request's context."""
    _bucket(method, route, status).observe(seconds)
    milliseconds = round(seconds * 1000, 1)
    if not _is_json():
        with context.use(request_id=current.request_id, traceparent=current.traceparent):
            log.info(
                "http.request.served",
                method=method,
                route=route,
                status=status,
                code=code,
                duration_ms=milliseconds,
                client=client,
            )
    elif _logger().isEnabledFor(logging.INFO):
        _write((method, route, status, code, milliseconds, client), current)


def _write(
    said: tuple[str, str, int, str | None, float, str], current: context.RequestContext
) -> None:
    if not _lines:
        asyncio.get_running_loop().call_soon(_flush)
        _at[0] = now().isoformat().replace("+00:00", "Z")
    actor = msgspec.UNSET if current.actor is None else current.actor.user_id
    request_id, trace_id = _clean(current.request_id), current.traceparent[3:35]
    _lines.append(_encoder.encode(_Line(*said, _at[0], request_id, trace_id, actor)))


def _clean(request_id: str) -> str:
    """Return a request's id without secrets; our own ids hold none."""
    return request_id if _OURS.fullmatch(request_id) else redact_text(request_id)


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
