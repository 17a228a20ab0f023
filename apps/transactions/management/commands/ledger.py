"""`manage.py ledger verify | totals | chain verify | chain head`: prove the ledger."""

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.transactions import selectors
from apps.transactions.services import chaining
from apps.transactions.services.verifying import LAWS, breaches_of, totals
from vortex.money import Money

_SHOWN = 20


class Command(BaseCommand):
    """Asks every law of every row; a breach makes the command fail."""

    help = "Verify the ledger's laws over every entry, or print its trial balance."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the words of the command."""
        parser.add_argument("action", choices=("verify", "totals", "chain"))
        parser.add_argument("what", nargs="?", choices=("verify", "head"), default="verify")

    def handle(self, *_: Any, action: str, what: str, **__: Any) -> None:
        """Print the trial balance, and the laws where they are asked for; or ask the chain."""
        if action == "chain":
            self._chain(what)
            return
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

    def _chain(self, what: str) -> None:
        head = selectors.chain_head()
        self.stdout.write(f"{head.seq:,} postings chained, head {bytes(head.hash).hex()}")
        if what == "head":
            return
        breaks = 0
        for found in islice(chaining.verify(), _SHOWN):
            breaks += 1
            self.stdout.write(f"BROKEN  at {found.seq:,}: {found.what}")
        self.stdout.write(f"{selectors.unchained_count():,} postings wait for their place")
        if breaks:
            raise CommandError("the chain is broken: somebody has changed what stood")
        self.stdout.write("holds   every posting is what was chained")
