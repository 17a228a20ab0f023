"""Wiring of the shadow staff users, installed only where auth is not hosted."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The kernel's identity package as a Django app."""

    name = "vortex.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
