"""`manage.py ledger verify`: prove the laws of the ledger over every row, and print its totals."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.transactions.services.verifying import LAWS, breaches_of, totals
from vortex.money import Money


class Command(BaseCommand):
    """Asks every law of every row; a breach makes the command fail."""

    help = "Verify the ledger's laws over every entry, or print its trial balance."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the words of the command."""
        parser.add_argument("action", choices=("verify", "totals"))

    def handle(self, *_: Any, action: str, **__: Any) -> None:
        """Print the trial balance, and the laws where they are asked for."""
        for currency, debits, credits_, entries in totals():
            said = f"{Money(debits, currency).amount:>20} {Money(credits_, currency).amount:>20}"
            self.stdout.write(f"{currency} {said}  in {entries:,} entries")
        if action == "verify":
            self._verify()

    def _verify(self) -> None:
        broken = 0
        for law in LAWS:
            breaches = breaches_of(law)
            broken += len(breaches)
            self.stdout.write(f"{'BROKEN' if breaches else 'holds '}  {law.name}")
            for breach in breaches:
                self.stdout.write(f"        {breach}")
        self.stdout.write(f"{broken} breaks of {len(LAWS)} laws")
        if broken:
            raise CommandError(
                "the ledger breaks its laws; take no more postings and call for help"
            )
