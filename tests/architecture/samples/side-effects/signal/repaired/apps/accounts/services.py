"""Writes."""

from vortex.outbox import publish
