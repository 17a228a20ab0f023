"""Trying again."""

from vortex.broker import port
