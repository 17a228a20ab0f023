"""A contract with values."""

from vortex.contracts import Value
