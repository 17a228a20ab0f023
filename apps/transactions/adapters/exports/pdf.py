"""PDF on A4, for people: at most 5,000 lines, since a document is whole before it is sent."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine
from vortex.papers.pdf import paragraph, table, written

MOST_LINES_OF_PDF: Final = 5_000
_WIDTHS_MM: Final = (20, 66, 34, 29, 29)
_SIZE: Final = 7
_PIECE: Final = 64 * 1024


def pdf(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> Iterator[bytes]:
    """Put the document together and give it in pieces."""
    content = written(_story(lines, accounts), title="Transactions", margin_mm=16)
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


def _story(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> list[Any]:
    named = [paragraph(account.number or str(account.id), size=_SIZE) for account in accounts]
    rows: list[list[Any]] = [["Date", "Text", "Category", "Amount", "Balance"]]
    rows += [_row(line) for line in lines]
    head = [paragraph("Transactions", size=14, bold=True), *named, Spacer(0, 5 * mm)]
    if len(rows) == 1:
        return [*head, paragraph("There is nothing to show.", size=_SIZE)]
    return [*head, table(rows, widths_mm=_WIDTHS_MM, size=_SIZE)]


def _row(line: ExportLine) -> list[Any]:
    words = ", ".join(dict.fromkeys(text for text in (line.counterparty, line.description) if text))
    return [
        f"{line.effective_date:%d %b %Y}",
        paragraph(words, size=_SIZE),
        paragraph(line.category, size=_SIZE),
        f"{line.amount} {line.currency}",
        f"{line.balance_after} {line.currency}",
    ]
