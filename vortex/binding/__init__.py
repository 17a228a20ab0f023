"""Calling another context: the same code wherever it runs."""

from vortex.binding.proxy import CallRefusedHere, OperationKilled, Transport, bind

__all__ = ["CallRefusedHere", "OperationKilled", "Transport", "bind"]
