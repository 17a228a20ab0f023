"""manage.py build_breach_list: make the list of breached passwords from a downloaded file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.auth.adapters import breaches


class Command(BaseCommand):
    """Makes the file that VORTEX_BREACHED_PASSWORDS names; nothing is asked of the internet."""

    help = "Make the list of breached passwords from sorted SHA-1 hashes, or from a list of words."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the files and how often a password has to have been seen."""
        parser.add_argument("source", type=Path, help="HASH:COUNT lines, sorted by hash")
        parser.add_argument("target", type=Path, help="the file to make")
        parser.add_argument("--words", action="store_true", help="the source is a word a line")
        parser.add_argument(
            "--seen", type=int, default=1, help="leave out what was seen less often than this"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Build, and say how many there are."""
        try:
            with options["source"].open(encoding="utf-8", errors="replace") as lines:
                found = (
                    breaches.hashes_of(lines)
                    if options["words"]
                    else breaches.hashes_in(lines, seen_at_least=options["seen"])
                )
                written = breaches.build(found, options["target"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{written} passwords in {options['target']}")
