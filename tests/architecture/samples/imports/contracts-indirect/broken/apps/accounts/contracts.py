"""Money."""

from vortex.money import Money
