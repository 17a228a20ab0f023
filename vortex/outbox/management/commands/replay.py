"""`manage.py replay`: publish archived events again."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from vortex.broker import broker
from vortex.outbox.replaying import Selection, replay


class Command(BaseCommand):
    """Replay events of one type; who has seen them does nothing, unless it is named by --force."""

    help = "Publish archived events again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to replay."""
        parser.add_argument("--context", required=True, choices=settings.VORTEX_HOSTED)
        parser.add_argument("--type", required=True, help="for example transaction.posted")
        parser.add_argument("--since", required=True, help="ISO 8601, UTC unless it says otherwise")
        parser.add_argument("--key", default="", help="only the events of this key")
        parser.add_argument("--force", default="", metavar="CONSUMER", help="who acts once more")

    def handle(self, *_: Any, **options: Any) -> None:
        """Replay."""
        try:
            since = datetime.fromisoformat(options["since"])
        except ValueError as error:
            raise CommandError(f"--since {options['since']!r} is no date or instant") from error
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        selection = Selection(options["type"], since, options["key"], options["force"])
        count = replay(options["context"], selection, broker(), said=lambda _: None)
        self.stdout.write(f"{count} events published again")
