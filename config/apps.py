"""The composition root as a Django app, so that it can have management commands."""

from django.apps import AppConfig


class CompositionConfig(AppConfig):
    """Everything at once: no tables, no rules. The context `config` owns the plain label."""

    name = "config"
    label = "composition"
