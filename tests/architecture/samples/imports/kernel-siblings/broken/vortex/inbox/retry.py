"""Trying again."""

from vortex.outbox import publish
