"""What tests share; shipped with the kernel because every context takes its tests along."""

from vortex.testing.people import client_of, person
from vortex.testing.stubs import stub

__all__ = ["client_of", "person", "stub"]
