"""The one place where the kernel and the edges ask for the time."""

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the present instant, aware and in UTC, in microseconds as PostgreSQL keeps it."""
    return datetime.now(UTC)


def today() -> date:
    """Return the present date in UTC."""
    return now().date()
