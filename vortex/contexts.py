"""Wiring that every context repeats: importing what it serves and hears when Django starts."""

from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar, NamedTuple

from django.apps import AppConfig


class Law(NamedTuple):
    """What holds of all rows of a context: a name, and a SELECT of two texts listing breaches."""

    name: str
    breaches: str


class ContextConfig(AppConfig):
    """A bounded context as a Django app; its interface and handlers register when imported."""

    default_auto_field = "django.db.models.BigAutoField"
    # Where the context's laws stand, such as "services.verifying.LAWS": each is like Law.
    laws: ClassVar[str] = ""
    default = False  # Django takes an app's only default config, and this class is imported there

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.default = True

    def declared_laws(self) -> list[tuple[str, str]]:
        """Return the laws of the context's rows: what `manage.py laws` and a move ask."""
        if not self.laws:
            return []
        module, _, name = f"{self.name}.{self.laws}".rpartition(".")
        return [(law.name, law.breaches) for law in getattr(import_module(module), name)]

    def ready(self) -> None:
        """Import what registers itself: refusals and events, served operations, heard events."""
        for module in ("contracts", "interface", "handlers"):
            if find_spec(f"{self.name}.{module}") is not None:
                import_module(f"{self.name}.{module}")
