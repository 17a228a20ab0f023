"""Writes with a test's tools."""

from vortex.testing import stub
