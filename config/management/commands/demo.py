"""`manage.py demo`: fill the demonstration bank, or go on with it."""

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from config.demo import marker
from config.demo.bank import (
    PASSWORD,
    STAFF,
    Demonstration,
    Filled,
    OtherBankError,
    demonstration,
    fill,
)
from config.demo.filing import file_transactions
from config.demo.people import CUSTOMERS, QUICK
from vortex import clock
from vortex.errors import Refusal
from vortex.telemetry.progress import STYLES

DEFAULT_SEED = 2026


class Command(BaseCommand):
    """Fill the demonstration bank. Running it again adds the days since, and nothing twice."""

    help = (
        "Fill the demonstration bank with two years of some households' banking. It can be "
        "interrupted and run again at any time; on a later day it adds the days since."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be said on the command line."""
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another life of each")
        parser.add_argument(
            "--until", type=date.fromisoformat, metavar="DATE", help="last day, by default today"
        )
        parser.add_argument("--quick", action="store_true", help="only the first two customers")
        parser.add_argument("--progress", choices=STYLES, default="auto")

    def handle(self, **options: Any) -> None:
        """Fill the bank and say what was added; refuse a bank that is no demonstration."""
        if not settings.VORTEX_DEMO:
            raise CommandError("This bank is no demonstration (VORTEX_DEMO=1 makes it one).")
        until = _until(options["until"], clock.now())
        try:
            demo, is_known = demonstration(
                seed=options["seed"], today=until.date(), quick=options["quick"]
            )
            self._fill(demo, until, options, is_known=is_known)
        except OtherBankError as error:
            raise CommandError(str(error)) from error
        except Refusal as refusal:
            raise CommandError(
                f"The bank refused: {refusal.detail} ({refusal.code}). Run the command again to go "
                "on where it stopped; nothing is posted twice."
            ) from refusal
        except OperationalError as error:
            raise CommandError(
                "The database does not answer; is the bank open? Run the command again to go on "
                "where it stopped; nothing is posted twice."
            ) from error

    def _fill(
        self, demo: Demonstration, until: datetime, options: dict[str, Any], *, is_known: bool
    ) -> None:
        note = Path(settings.HOME) / "run" / "demo.json"
        first = demo.id_of("user", demo.people[0].key)
        if not is_known:  # a note of a former bank must not outlive its first customer's absence
            note.unlink(missing_ok=True)
        known = marker.read(note)
        after = None
        if known and known.first == first and known.customers >= len(demo.people):
            after = known.until
        if after is not None and after >= until:
            self.stdout.write(f"The demonstration bank is filled up to {after:%Y-%m-%d %H:%M} UTC.")
            return
        began = time.perf_counter()
        filled = fill(demo, until=until, after=after, style=options["progress"])
        if after is None:
            file_transactions(demo, until=until)
        marker.write(note, marker.Marker(first=first, customers=len(demo.people), until=until))
        self._tell(filled, time.perf_counter() - began)
        if "auth" in settings.VORTEX_HOSTED:  # the story of a service of its own is not told
            emails = [person.email for person in demo.people]
            call_command("demo_sign_ins", *emails, stdout=self.stdout)
        if "accounts" in settings.VORTEX_HOSTED:  # else the service's own clockwork does it
            call_command("issue_statements", stdout=self.stdout)

    def _tell(self, filled: Filled, seconds: float) -> None:
        there = f", {filled.already_there:,} were there before" if filled.already_there else ""
        self.stdout.write(
            f"{filled.customers} customers, {filled.accounts} accounts, {filled.posted:,} postings "
            f"since {filled.start}{there} ({seconds:.1f} s)"
        )
        for code, times in sorted(filled.refused.items()):
            self.stdout.write(f"{times:,} refused: {code}")
        logins = (*(person.email for person in CUSTOMERS[:QUICK]), STAFF[0])
        self.stdout.write(f"Sign in as {', '.join(logins)} with the password {PASSWORD}")


def _until(last_day: date | None, now: datetime) -> datetime:
    """Return the instant up to which life is simulated: the end of the last day, or now."""
    if last_day is None or last_day == now.date():
        return now
    if last_day > now.date():
        raise CommandError(
            f"{last_day} is yet to come; the demonstration ends today at the latest."
        )
    return datetime.combine(last_day, time_of_day.max, tzinfo=UTC)
