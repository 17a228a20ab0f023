"""What the wire counts, on both ends."""

from vortex.telemetry.metrics import counter, gauge, histogram

_served = histogram("vortex_rpc_served_seconds", "Calls answered here", ("operation", "status"))
_called = histogram(
    "vortex_rpc_called_seconds",
    "Calls made to another process, attempts and waits included",
    ("operation", "outcome"),
)
bytes_moved = counter(
    "vortex_rpc_bytes_total", "Bodies sent and received by callers", ("operation", "direction")
)
retries = counter("vortex_rpc_retries_total", "Further attempts of a call", ("operation",))
retries_denied = counter(
    "vortex_rpc_retries_denied_total", "Attempts that the retry budget did not pay", ("callee",)
)
breaker_open = gauge(
    "vortex_rpc_breaker_open", "1 while calls are refused without being sent", ("operation",)
)


def served(operation: str, status: int, seconds: float) -> None:
    """Count a call that was answered here with this HTTP status."""
    _served.labels(operation, str(status)).observe(seconds)


def called(operation: str, outcome: str, seconds: float) -> None:
    """Count a call that was made from here: answered, or the code of its refusal."""
    _called.labels(operation, outcome).observe(seconds)
