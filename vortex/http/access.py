"""The access line and the measurement of a request that Django did not serve."""

from functools import cache
from typing import Any

from vortex.http.middleware import SECONDS
from vortex.telemetry import get_logger

log = get_logger("http.access")


def served(
    *, method: str, route: str, status: int, code: str | None, seconds: float, client: str
) -> None:
    """Count a request and write its line, as RequestContextMiddleware does."""
    _bucket(method, route, status).observe(seconds)
    log.info(
        "http.request.served",
        method=method,
        route=route,
        status=status,
        code=code,
        duration_ms=round(seconds * 1000, 1),
        client=client,
    )


@cache
def _bucket(method: str, route: str, status: int) -> Any:
    """Return the histogram of a kind of answers; there are few, so each is looked up once."""
    return SECONDS.labels(method, route, status)
