"""Structured logs: one line per fact, a constant name with fields, as JSON or for a person to read.

Libraries that log through the standard library come out in the same shape, and every entry carries
the request it belongs to and passes the same redaction.
"""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec
import structlog

from vortex.telemetry import context
from vortex.telemetry.redaction import redact

Entry = MutableMapping[str, Any]

# They repeat what our own access line says, or talk about every frame.
_QUIET: Final = ("django.server", "httpx", "httpcore", "urllib3", "daphne", "granian.access")


def get_logger(name: str = "vortex") -> Any:
    """Return a logger: `log.info("payments.payment.settled", payment_id=payment.id)`."""
    return structlog.stdlib.get_logger(name)


def configure(settings: dict[str, Any]) -> None:
    """Configure logging for the process; Django calls it with settings.LOGGING.

    `level` is the name of a level, `format` is "json" (one object a line) or "console". Logs go to
    standard error: whoever runs the process collects them there.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_request,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(_standard_library(settings, shared))


def formatter(format_: str, foreign: list[Any] | None = None) -> logging.Formatter:
    """Return the formatter behind every handler: "json" or "console", always redacting."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*(foreign or []), structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _drop_objects,
            redact,
            _render_json if format_ == "json" else _console(),
        ],
    )


def _standard_library(settings: dict[str, Any], shared: list[Any]) -> dict[str, Any]:
    level = settings.get("level", "INFO")
    quiet = {name: {"level": "WARNING", "propagate": True, "handlers": []} for name in _QUIET}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"vortex": {"()": lambda: formatter(settings.get("format", "json"), shared)}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "vortex"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {"django": {"level": level, "handlers": [], "propagate": True}, **quiet},
    }


def _add_request(_logger: Any, _method: str, entry: Entry) -> Entry:
    current = context.current()
    if current.request_id:
        entry.setdefault("request_id", current.request_id)
    if current.traceparent:
        entry.setdefault("trace_id", current.traceparent[3:35])
    if current.actor is not None:
        entry.setdefault("actor_id", str(current.actor.user_id))
        if current.actor.actor_id is not None:  # and who of the bank was looking as them
            entry.setdefault("staff_id", str(current.actor.actor_id))
    if current.causation_id:
        entry.setdefault("causation_id", current.causation_id)
    return entry


def _drop_objects(_logger: Any, _method: str, entry: Entry) -> Entry:
    """Leave out the request object that Django adds to its records: printing it says nothing."""
    entry.pop("request", None)
    return entry


def _render_json(_logger: Any, _method: str, entry: Entry) -> str:
    return msgspec.json.encode(entry).decode()


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
        timestamp_key="at",
    )
