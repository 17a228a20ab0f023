"""Wiring that every context repeats: importing what it serves and hears when Django starts."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class ContextConfig(AppConfig):
    """A bounded context as a Django app; its interface and handlers register when imported."""

    default_auto_field = "django.db.models.BigAutoField"
    default = False  # Django takes an app's only default config, and this class is imported there

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.default = True

    def ready(self) -> None:
        """Import what registers itself: refusals and events, served operations, heard events."""
        for module in ("contracts", "interface", "handlers"):
            if find_spec(f"{self.name}.{module}") is not None:
                import_module(f"{self.name}.{module}")
