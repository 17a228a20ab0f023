"""The composition root as a Django app: management commands, and Celery for every process."""

from importlib import import_module

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    """Everything at once: no tables, no rules. The context `config` owns the plain label."""

    name = "config"
    label = "composition"

    def ready(self) -> None:
        """Load the Celery application, so that whoever sends a task knows the broker.

        A process without it has one of Celery's own making, whose broker is nowhere.
        """
        import_module("config.celery")
