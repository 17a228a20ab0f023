"""What is counted about calls between contexts: each edge of the map, and what travels along it."""

import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Histogram

from vortex.contracts import Operation
from vortex.errors import Refusal
from vortex.telemetry.metrics import counter, histogram

_SECONDS: Final = (0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10)

inside_transaction = counter(
    "vortex_calls_inside_transaction_total", "Calls made with a transaction open", ("operation",)
)
_calls = counter(
    "vortex_calls_total",
    "Calls between contexts; the outcome is `answered`, `crashed` or the code of a refusal",
    ("caller", "operation", "mode", "outcome"),
)
_bytes = counter(
    "vortex_call_bytes_total", "What local calls would put on a wire", ("operation", "direction")
)
_seconds = histogram(
    "vortex_call_seconds", "How long a call took", ("caller", "operation", "mode"), buckets=_SECONDS
)


@contextmanager
def measured(caller: str, operation: Operation, mode: str) -> Iterator[None]:
    """Count one call along the edge from a caller to an operation, however it ends."""
    started, outcome = time.perf_counter(), "crashed"
    try:
        yield
        outcome = "answered"
    except Refusal as refusal:
        outcome = refusal.code
        raise
    finally:
        path = operation.path
        _calls_of(caller, path, mode, outcome).inc()
        _seconds_of(caller, path, mode).observe(time.perf_counter() - started)


def copied(operation: Operation, direction: str, size: int) -> None:
    """Count the bytes of what a local call copied."""
    _bytes_of(operation.path, direction).inc(size)


# Finding a metric by its labels costs more than counting; this is on the path of every call.
@functools.cache
def _calls_of(*labels: str) -> Counter:
    return _calls.labels(*labels)


@functools.cache
def _seconds_of(*labels: str) -> Histogram:
    return _seconds.labels(*labels)


@functools.cache
def _bytes_of(*labels: str) -> Counter:
    return _bytes.labels(*labels)
