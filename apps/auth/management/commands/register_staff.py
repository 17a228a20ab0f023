"""manage.py register_staff: let somebody of the bank sign in, the first administrator first."""

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.auth.services.registration import register
from vortex.clock import now
from vortex.contracts import STAFF_ROLES
from vortex.errors import Refusal
from vortex.ids import new_id


class Command(BaseCommand):
    """Registers a member of staff and asks for their password on the terminal."""

    help = "Register a member of staff; the password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare who, and with which role."""
        parser.add_argument("email")
        parser.add_argument("full_name")
        parser.add_argument("--role", choices=STAFF_ROLES, default="administrator")

    def handle(self, *_: Any, **options: Any) -> None:
        """Register, or say why not."""
        try:
            user = register(
                user_id=new_id(),
                email=options["email"],
                full_name=options["full_name"],
                password=getpass("Password: "),
                roles=(options["role"],),
                registered_at=now(),
            )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{user.email} is registered as {options['role']}")
