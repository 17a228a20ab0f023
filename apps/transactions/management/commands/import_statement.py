"""`manage.py import_statement FILE --account IBAN`: bring in a statement."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from rich.console import Console
from rich.table import Table

from apps.accounts.contracts import AccountNotFound, Accounts, AccountView
from apps.transactions.adapters.statements import (
    DATE_FORMATS,
    DECIMALS,
    ROLES,
    Hints,
    Line,
    Statement,
    UnreadableStatementError,
    read_statement,
)
from apps.transactions.contracts import Outcome, PostingIdReused
from apps.transactions.management.statement_import import (
    FutureLineError,
    Imported,
    import_statement,
)
from vortex import clock
from vortex.binding import bind
from vortex.errors import Refusal
from vortex.money import InvalidAmount, Money

_SHOWN = 10


class Command(BaseCommand):
    """Import a statement; with --dry-run only show what would be posted."""

    help = (
        "Post the lines of an OFX, QIF, MT940, camt.053 or CSV statement to an account. "
        "A file imported twice, or one "
        "that overlaps another, adds only what is new. --dry-run shows the lines and posts nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be said on the command line."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--account", required=True, metavar="IBAN", help="whose statement it is"
        )
        parser.add_argument("--dry-run", action="store_true", help="show the lines, post nothing")
        parser.add_argument(
            "--opening-balance",
            default="0",
            metavar="AMOUNT",
            help="what was on the account before the first line; posted once, before it",
        )
        parser.add_argument("--statement", default="", metavar="ID", help="which one, of several")
        parser.add_argument("--encoding", default="", help="of a CSV file that is not UTF-8")
        parser.add_argument("--date-format", default="", choices=("", *DATE_FORMATS))
        parser.add_argument("--decimal", default="", choices=("", *DECIMALS))
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="ROLE=TITLE",
            help=f"what a column of a CSV file is; roles: {', '.join(ROLES)}",
        )

    def handle(self, **options: Any) -> None:
        """Read the file, show it, post it; exit with 1 where a line was refused."""
        try:
            self._import(options)
        except OperationalError as error:
            raise CommandError(
                "The database does not answer; is the bank open? Run the command again to go on "
                "where it stopped; nothing is posted twice."
            ) from error

    def _import(self, options: dict[str, Any]) -> None:
        account = _account(options["account"])
        try:
            opening = Money.parse(options["opening_balance"], account.currency).minor
            statement = read_statement(options["file"], account.currency, _hints(options))
        except (UnreadableStatementError, InvalidAmount) as error:
            raise CommandError(f"{options['file'].name} is not imported. {error}") from error
        if not statement.lines:
            raise CommandError(f"{options['file'].name} is not imported. It has no amounts.")
        self._show(statement, account)
        if options["dry_run"]:
            self.stdout.write("Nothing was posted; leave out --dry-run to post these lines.")
            return
        try:
            done = import_statement(statement, account, opening_minor=opening, today=clock.today())
        except (FutureLineError, Refusal) as error:
            raise CommandError(f"{options['file'].name}: {error}") from error
        self._tell(done)

    def _show(self, statement: Statement, account: AccountView) -> None:
        lines = statement.lines
        of = f" of {statement.account}" if statement.account else ""
        self.stdout.write(f"{statement.format} statement{of}, into {account.iban}")
        table = Table("Date", "Description", "Counterparty", f"Amount {account.currency}")
        for line in lines[:_SHOWN]:
            amount = Money(line.amount_minor, account.currency).amount
            table.add_row(str(line.booked_date), line.description, line.counterparty, amount)
        Console(file=self.stdout, width=100, markup=False).print(table)  # type: ignore[arg-type]
        inward = sum(line.amount_minor for line in lines if line.amount_minor > 0)
        outward = sum(line.amount_minor for line in lines if line.amount_minor < 0)
        self.stdout.write(
            f"{len(lines):,} lines from {lines[0].booked_date} to {lines[-1].booked_date}: "
            f"{Money(inward, account.currency).amount} received, "
            f"{Money(-outward, account.currency).amount} paid"
        )
        for note in statement.notes:
            self.stdout.write(note)
        if statement.zero_lines:
            self.stdout.write(f"{statement.zero_lines:,} lines without an amount are left out.")

    def _tell(self, done: Imported) -> None:
        self.stdout.write(f"{done.posted:,} posted, {done.already_there:,} were there before.")
        if not done.refused:
            return
        for line, outcome in done.refused[:_SHOWN]:
            self.stdout.write(f"Refused: {_why(line, outcome)}")
        if done.codes["insufficient_funds"]:
            self.stdout.write(
                "The account starts empty here. --opening-balance says what was on it before the "
                "first line; run the same file again and only what is missing is posted."
            )
        raise CommandError(f"{len(done.refused):,} lines were refused; the others are posted.")


def _why(line: Line | None, outcome: Outcome) -> str:
    if line is None and outcome.code == PostingIdReused.code:
        return "the opening balance: another one was posted before"
    what = f"{line.booked_date} {line.description}" if line else "the opening balance"
    return f"{what}: {outcome.detail or outcome.code}"


def _account(iban: str) -> AccountView:
    try:
        return bind(Accounts).resolve(iban=iban)
    except AccountNotFound as refusal:
        raise CommandError(f"No account of this bank has the IBAN {iban[:40]}.") from refusal
    except Refusal as refusal:
        raise CommandError(f"{iban[:40]}: {refusal.detail}.") from refusal


def _hints(options: dict[str, Any]) -> Hints:
    columns = {}
    for named in options["column"]:
        role, equals, title = named.partition("=")
        if role not in ROLES or not equals or not title:
            raise CommandError(
                f"--column {named[:40]!r} is not ROLE=TITLE; roles: {', '.join(ROLES)}"
            )
        columns[role] = title
    return Hints(
        encoding=options["encoding"],
        date_format=options["date_format"],
        decimal=options["decimal"],
        statement=options["statement"],
        columns=columns,
    )
