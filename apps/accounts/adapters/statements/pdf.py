"""A statement as PDF, on A4; the same document always gives the same bytes."""

from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table, TableStyle

from apps.accounts.domain.iban import grouped
from apps.accounts.domain.statement import StatementDocument, StatementLine
from vortex.money import Money
from vortex.papers.pdf import BOLD, FONT, INK, paragraph, table, written

_WIDTHS_MM: Final = (24, 24, 70, 28, 28)


def pdf(document: StatementDocument) -> bytes:
    """Return the statement as PDF; its table goes over as many pages as it needs."""
    story = [*_heading(document), _sums(document), Spacer(0, 6 * mm), _lines(document)]
    return written(story, title=f"Statement {document.number}", margin_mm=18)


def _heading(document: StatementDocument) -> list[Any]:
    period = f"{document.first_date:%d %b %Y} - {document.last_date:%d %b %Y}"
    return [
        paragraph("VortexCore", size=15, bold=True),
        paragraph(f"Statement {document.number}, {period} (UTC), in {document.currency}"),
        paragraph(document.holder),
        paragraph(grouped(document.iban)),
        Spacer(0, 6 * mm),
    ]


def _sums(document: StatementDocument) -> Table:
    rows = (
        ("Balance before", document.opening),
        ("Money in", document.credits),
        ("Money out", -document.debits),
        ("Balance after", document.closing),
    )
    sums = Table([[label, _figure(money)] for label, money in rows], hAlign="LEFT")
    sums.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT, 9),
                ("FONT", (0, -1), (-1, -1), BOLD, 9),
                ("ALIGN", (1, 0), (1, -1), "RIGHT"),
                ("LINEABOVE", (0, -1), (-1, -1), 0.5, INK),
                ("TEXTCOLOR", (0, 0), (-1, -1), INK),
            ]
        )
    )
    return sums


def _lines(document: StatementDocument) -> Any:
    if not document.lines:
        return paragraph("Nothing was booked in this month.")
    head = ["Booked", "Value", "Text", "Amount", "Balance"]
    rows = [head, *(_row(document, line) for line in document.lines)]
    return table(rows, widths_mm=_WIDTHS_MM)


def _row(document: StatementDocument, line: StatementLine) -> list[Any]:
    return [
        f"{line.booked_at:%d %b %Y}",
        f"{line.effective_date:%d %b %Y}",
        paragraph(line.description),
        _figure(document.money(line.amount_minor)),
        _figure(document.money(line.balance_minor)),
    ]


def _figure(money: Money) -> str:
    """Return an amount with groups of three, as a statement prints it."""
    whole, _, cents = money.amount.lstrip("-").partition(".")
    grouped_whole = f"{int(whole):,}"
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{grouped_whole}.{cents}" if cents else f"{sign}{grouped_whole}"
