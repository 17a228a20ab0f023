"""Fixtures that every test sees; they take the place of pytest-django's own, so they stand here."""

from vortex.testing.fixtures import django_db_setup

__all__ = ["django_db_setup"]
