"""A claim."""

from vortex.testing import stub
