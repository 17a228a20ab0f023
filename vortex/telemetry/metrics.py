"""Prometheus metrics by name, made once and shared."""

from prometheus_client import Counter


def counter(name: str, help_text: str, labels: tuple[str, ...] = ()) -> Counter:
    """Return the counter of that name."""
    return Counter(name, help_text, labels)
