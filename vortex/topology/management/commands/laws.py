"""`manage.py laws CONTEXT`: what must hold of its rows, as statements that list breaches."""

import sys
from typing import Any

import msgspec
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from vortex.contexts import ContextConfig


class Command(BaseCommand):
    """Print the laws of a context as JSON pairs: its name, and the SQL that lists its breaches."""

    help = "Print the laws that a context declares of its rows, for whoever moves them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the context."""
        parser.add_argument("context", choices=settings.VORTEX_HOSTED)

    def handle(self, *_: Any, context: str, **__: Any) -> None:
        """Print them."""
        found = [
            law
            for config in apps.get_app_configs()
            if isinstance(config, ContextConfig) and config.name.endswith(f".{context}")
            for law in config.declared_laws()
        ]
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
