"""Money."""

from vortex import money
