"""Transactions."""

from vortex.outbox import publish
