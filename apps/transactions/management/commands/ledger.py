"""`manage.py ledger verify | totals | chain verify | chain head | months ...`: prove and keep it.

manage.py ledger months                                  the months, and how large they are
manage.py ledger months make                             make what is missing of three ahead
manage.py ledger months close --before 2025-01-01 --tablespace cold
                                                         move old months to cheaper storage
"""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.transactions import selectors
from apps.transactions.services import chaining, months
from apps.transactions.services.verifying import LAWS, breaches_of, totals
from vortex.clock import now
from vortex.money import Money

_SHOWN = 20


class Command(BaseCommand):
    """Asks every law of every row; a breach makes the command fail."""

    help = "Verify the ledger's laws over every entry, or print its trial balance."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the words of the command."""
        parser.add_argument("action", choices=("verify", "totals", "chain", "months"))
        words = ("verify", "head", "list", "make", "close")
        parser.add_argument("what", nargs="?", choices=words, default="list")
        parser.add_argument("--before", type=_day, help="Close months that ended by this day.")
        parser.add_argument("--tablespace", help="Where closed months go.")

    def handle(self, *_: Any, action: str, what: str, **options: Any) -> None:
        """Print the trial balance, and the laws where they are asked for; or ask the chain."""
        if action == "chain":
            self._chain(what)
            return
        if action == "months":
            self._months(what, options["before"], options["tablespace"])
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

    def _months(self, what: str, before: datetime | None, tablespace: str | None) -> None:
        if what == "make":
            for name in months.make_ahead(now=now()):
                self.stdout.write(f"made    {name}")
        if what == "close":
            self._close(before, tablespace)
        for month in months.months():
            size = f"{month.size_bytes >> 20:>9,} MiB  {max(0, month.entries):>13,} entries, about"
            self.stdout.write(f"{month.table:<28} {size}  {month.tablespace}")
        behind = months.entries_behind()
        if behind:
            raise CommandError(f"{behind:,} entries came before their month was made")

    def _close(self, before: datetime | None, tablespace: str | None) -> None:
        if before is None or tablespace is None:
            raise CommandError("say --before and --tablespace")
        if not months.may_use(tablespace):
            raise CommandError(
                f"the ledger may not write to a tablespace {tablespace!r}: a superuser makes it"
                " (create tablespace), and grants create on it to the ledger's role"
            )
        self._chain("verify")  # what is put away is proved first
        for name in months.move_closed(before=before, tablespace=tablespace):
            self.stdout.write(f"moved   {name}")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
