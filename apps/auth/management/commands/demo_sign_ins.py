"""manage.py demo_sign_ins: consents, sign-ins, a program and a key of people in the demo."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.auth.conf import is_demonstration
from apps.auth.services import demonstration
from vortex.clock import now


class Command(BaseCommand):
    """Fills what screens of security show; whoever has decided on a consent is left alone."""

    help = "Leave behind what people of the demonstration bank would have at sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare whom it is about."""
        parser.add_argument("emails", nargs="+", help="people who are registered")

    def handle(self, *_: Any, **options: Any) -> None:
        """Fill, and say for how many."""
        if not is_demonstration():
            raise CommandError("This bank is no demonstration (VORTEX_DEMO=1 makes it one).")
        done = demonstration.fill(emails=tuple(options["emails"]), now=now())
        self.stdout.write(f"sign-ins, consents, a program and a key of {done} people")
