"""manage.py rotate_keys: sign tokens with a new key from now on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.auth.services.keys import rotate_keys
from vortex.clock import now


class Command(BaseCommand):
    """Makes a new signing key; the former one vouches for its tokens until the last has expired."""

    help = "Sign tokens with a new key; tokens of the former one stay good until they expire."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --stolen."""
        parser.add_argument(
            "--stolen",
            action="store_true",
            help="former keys vouch for nothing any more: everybody signs in again",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Rotate and say the new key's id."""
        fresh = rotate_keys(now=now(), retire_at_once=options["stolen"])
        self.stdout.write(f"signing with key {fresh.kid}")
