"""Hearing events: handlers act once on each, in the order of its key."""

from vortex.inbox.registry import on

__all__ = ["on"]
