"""How old an account is."""

from vortex.clock import now
