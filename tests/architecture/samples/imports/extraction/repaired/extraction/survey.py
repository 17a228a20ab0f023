"""Seams."""

from vortex.contracts import interfaces
