"""`manage.py outbox_retention`: make the archive's coming days and drop those that are over."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from vortex.broker.retention import ARCHIVE_DAYS
from vortex.outbox.retention import forget, prepare


class Command(BaseCommand):
    """What the daily task does, by hand, or with another number of days."""

    help = "Prepare and drop daily partitions of the outbox archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the contexts, all hosted ones by default, and the number of days to keep."""
        parser.add_argument("--context", nargs="+", choices=settings.VORTEX_HOSTED, default=())
        parser.add_argument("--days", type=int, default=ARCHIVE_DAYS)

    def handle(self, *_: Any, **options: Any) -> None:
        """Prepare and drop, and say which."""
        for context in options["context"] or settings.VORTEX_HOSTED:
            made, dropped = prepare(context), forget(context, days=options["days"])
            self.stdout.write(f"{context}: made {len(made)}, dropped {', '.join(dropped) or 0}")
