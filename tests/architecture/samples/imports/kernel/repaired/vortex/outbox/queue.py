"""The queue."""

from vortex.db import unit_of_work
