"""Wiring of the HTTP edge."""

from importlib import import_module

from django.apps import AppConfig


class HttpConfig(AppConfig):
    """The kernel's HTTP package as a Django app, for its templates."""

    name = "vortex.http"
    label = "http"

    def ready(self) -> None:
        """Register how our serializer fields are described in the OpenAPI document."""
        import_module("vortex.http.openapi_extensions")
