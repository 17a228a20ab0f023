"""Prometheus metrics, declared where they are counted and exposed at one place.

Every name begins with `vortex_` and ends in its unit. Labels come from closed sets (an operation, a
route, a context) and never from a caller's input. A deployment that runs several worker processes
behind one port sets PROMETHEUS_MULTIPROC_DIR before they start, to an empty directory: then every
worker answers /metrics with the sum of all. Without it, each answers with its own numbers.
"""

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

# Seconds; dense where an answer of a bank is won or lost.
BUCKETS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075),
    *(0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0),
)


def counter(name: str, help_text: str, labels: tuple[str, ...] = ()) -> Counter:
    """Make the counter of that name, `vortex_…_total`; declare it once, at the top of a module."""
    return Counter(_checked(name), help_text, labels)


def gauge(name: str, help_text: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Make the gauge of that name; with several workers, /metrics shows the last value set."""
    return Gauge(_checked(name), help_text, labels, multiprocess_mode="mostrecent")


def histogram(
    name: str,
    help_text: str,
    labels: tuple[str, ...] = (),
    buckets: tuple[float, ...] = BUCKETS,
) -> Histogram:
    """Make the histogram of that name, `vortex_…_seconds` unless it measures something else."""
    return Histogram(_checked(name), help_text, labels, buckets=buckets)


def exposition() -> bytes:
    """Return every metric of this process and its sibling workers, in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _checked(name: str) -> str:
    if not name.startswith("vortex_"):
        raise ValueError(f"the metric {name!r} must begin with vortex_")
    return name
