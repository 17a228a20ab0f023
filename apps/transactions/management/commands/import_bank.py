"""`manage.py import_bank FORMAT DIRECTORY`: carry another bank over and compare every balance."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from apps.transactions.adapters.banks import FORMATS, UnreadableDumpError, open_dump
from apps.transactions.management.bank_comparison import compare
from apps.transactions.management.bank_import import open_bank, replay, survey
from apps.transactions.management.bank_report import Report, as_text, report
from vortex.errors import Refusal
from vortex.telemetry.progress import STYLES


class Command(BaseCommand):
    """Carry another bank over. Running it again finishes what was interrupted and adds nothing."""

    help = (
        "Open another bank's customers and accounts, replay its transactions in booking order, and "
        "compare every balance with that bank's own. Running it again adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be said on the command line."""
        parser.add_argument("format", choices=FORMATS, help="what wrote the files")
        parser.add_argument("directory", type=Path, help="where the files are")
        parser.add_argument("--limit", type=int, help="replay only the first so many transactions")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write the report as JSON")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--progress", choices=STYLES, default="auto")

    def handle(self, **options: Any) -> None:
        """Import, then say how it went; exit with 1 where a row was refused or is unexplained."""
        try:
            figures = _imported(options)
        except UnreadableDumpError as error:
            raise CommandError(f"The dump is damaged, and nothing was written. {error}") from error
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
        encoded = msgspec.json.format(msgspec.json.encode(figures))
        if options["report"]:
            options["report"].write_bytes(encoded + b"\n")
        self.stdout.write(encoded.decode() if options["json"] else as_text(figures))
        if not figures.agrees:
            raise CommandError("Not everything agrees with the other bank; see above.")


def _imported(options: dict[str, Any]) -> Report:
    dump = open_dump(options["format"], options["directory"])
    found = survey(dump.movements())
    limit, style = options["limit"], options["progress"]
    rows = found.rows if limit is None else min(found.rows, limit)
    opened = open_bank(dump, found, style=style)
    done = replay(dump, rows=rows, style=style)
    return report(dump, found, opened, done, compare(dump, rows=rows, style=style))
