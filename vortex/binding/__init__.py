"""Calling another context: the same code wherever it runs."""

from vortex.binding.proxy import bind
from vortex.binding.routing import CallRefusedHere, Transport
from vortex.topology import OperationKilled

__all__ = ["CallRefusedHere", "OperationKilled", "Transport", "bind"]
