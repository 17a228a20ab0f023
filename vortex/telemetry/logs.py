"""Structured logs."""

import structlog
from typing import Any


def get_logger() -> Any:
    """Return the logger; its events are constant names with fields."""
    return structlog.get_logger()


def configure(settings: dict[str, Any]) -> None:
    """Configure logging."""
