"""A statement as PDF, on A4; the same document always gives the same bytes.

The font has the letters of western Europe; accents that it lacks are left off, and what it cannot
write at all becomes a question mark. The other formats keep every letter.
"""

import io
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from apps.accounts.adapters.statements.text import drawable
from apps.accounts.domain.iban import grouped
from apps.accounts.domain.statement import StatementDocument, StatementLine
from vortex.money import Money

FONT, BOLD = "Vera", "VeraBd"
INK, LINE, SOFT = HexColor("#14211f"), HexColor("#e4e2dc"), HexColor("#f7f6f3")
_MARGIN: Final = 18 * mm
_WIDTHS: Final = (24 * mm, 24 * mm, 70 * mm, 28 * mm, 28 * mm)
_TEXT: Final = ParagraphStyle("text", fontName=FONT, fontSize=8, leading=10.5, textColor=INK)
_TITLE: Final = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=20, textColor=INK)


def pdf(document: StatementDocument) -> bytes:
    """Return the statement as PDF; its table goes over as many pages as it needs."""
    letters()
    paper = io.BytesIO()
    template = SimpleDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Statement {document.number}",
        author="VortexCore",
        invariant=1,
    )
    template.build(
        [*_heading(document), _sums(document), Spacer(0, 6 * mm), _table(document)],
        canvasmaker=NumberedPages,
    )
    return paper.getvalue()


@cache
def letters() -> frozenset[int]:
    """Make the font known and return the characters that it has."""
    folder = Path(reportlab.__file__).parent / "fonts"
    fonts = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in (FONT, BOLD)}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return frozenset(fonts[FONT].face.charToGlyph)


def text(said: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    """Return a paragraph of a customer's text: no markup in it has any meaning."""
    return Paragraph(escape(drawable(said, letters())), style)


class NumberedPages(Canvas):
    """A canvas that writes "page of pages", which is known only when all pages are there."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep a page until the last one is there."""
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        """Number the pages and write them."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(FONT, 7)
            self.drawRightString(A4[0] - _MARGIN, 10 * mm, f"{number} / {len(self._pages)}")
            super().showPage()
        super().save()


def _heading(document: StatementDocument) -> list[Any]:
    period = f"{document.first_date:%d %b %Y} - {document.last_date:%d %b %Y}"
    return [
        text("VortexCore", _TITLE),
        text(f"Statement {document.number}, {period} (UTC), in {document.currency}"),
        text(document.holder),
        text(grouped(document.iban)),
        Spacer(0, 6 * mm),
    ]


def _sums(document: StatementDocument) -> Table:
    rows = (
        ("Balance before", document.opening),
        ("Money in", document.credits),
        ("Money out", -document.debits),
        ("Balance after", document.closing),
    )
    table = Table([[label, _figure(money)] for label, money in rows], hAlign="LEFT")
    table.setStyle(
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
    return table


def _table(document: StatementDocument) -> Any:
    if not document.lines:
        return text("Nothing was booked in this month.")
    head = ["Booked", "Value", "Text", "Amount", "Balance"]
    rows = [head, *(_row(document, line) for line in document.lines)]
    table = Table(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), BOLD, 8),
                ("FONT", (0, 1), (-1, -1), FONT, 8),
                ("BACKGROUND", (0, 0), (-1, 0), SOFT),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("ALIGN", (3, 0), (4, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TEXTCOLOR", (0, 0), (-1, -1), INK),
            ]
        )
    )
    return table


def _row(document: StatementDocument, line: StatementLine) -> list[Any]:
    return [
        f"{line.booked_at:%d %b %Y}",
        f"{line.effective_date:%d %b %Y}",
        text(line.description),
        _figure(document.money(line.amount_minor)),
        _figure(document.money(line.balance_minor)),
    ]


def _figure(money: Money) -> str:
    """Return an amount with groups of three, as a statement prints it."""
    whole, _, cents = money.amount.lstrip("-").partition(".")
    grouped_whole = f"{int(whole):,}"
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{grouped_whole}.{cents}" if cents else f"{sign}{grouped_whole}"
