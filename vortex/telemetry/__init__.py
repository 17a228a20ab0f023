"""What can be known about the bank while it runs: request context, logs, metrics, traces."""

from vortex.telemetry.logs import get_logger
from vortex.telemetry.tracing import span

__all__ = ["get_logger", "span"]
