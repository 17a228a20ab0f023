"""Fixtures that every test sees; they take the place of pytest-django's own, so they stand here."""

from vortex.testing.fixtures import django_db_setup
from vortex.testing.runners import runner

__all__ = ["django_db_setup", "runner"]
