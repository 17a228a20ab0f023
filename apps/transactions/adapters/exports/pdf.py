"""PDF on A4, for people: at most 5,000 lines, since a document is put together before it is sent.

The font has the letters of western Europe; accents that it lacks are left off, and what it cannot
write becomes a question mark. The other formats keep every letter.
"""

import io
import unicodedata
from collections.abc import Iterable, Iterator
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
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine

MOST_LINES_OF_PDF: Final = 5_000
_FONT, _BOLD = "Vera", "VeraBd"
_INK, _RULE, _SOFT = HexColor("#14211f"), HexColor("#e4e2dc"), HexColor("#f7f6f3")
_MARGIN: Final = 16 * mm
_WIDTHS: Final = (20 * mm, 66 * mm, 34 * mm, 29 * mm, 29 * mm)
_TEXT: Final = ParagraphStyle("line", fontName=_FONT, fontSize=7, leading=9, textColor=_INK)
_TITLE: Final = ParagraphStyle("title", fontName=_BOLD, fontSize=14, leading=20, textColor=_INK)
_PIECE: Final = 64 * 1024


def pdf(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> Iterator[bytes]:
    """Put the document together and give it in pieces."""
    _letters()
    paper = io.BytesIO()
    template = SimpleDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title="Transactions",
        author="VortexCore",
        invariant=1,
    )
    template.build(_story(lines, accounts), onFirstPage=_number, onLaterPages=_number)
    content = paper.getvalue()
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


def _story(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> list[Any]:
    named = [_paragraph(account.number or str(account.id)) for account in accounts]
    rows: list[list[Any]] = [["Date", "Text", "Category", "Amount", "Balance"]]
    rows += [_row(line) for line in lines]
    head = [_paragraph("Transactions", _TITLE), *named, Spacer(0, 5 * mm)]
    if len(rows) == 1:
        return [*head, _paragraph("There is nothing to show.")]
    table = LongTable(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), _BOLD, 7),
                ("FONT", (0, 1), (-1, -1), _FONT, 7),
                ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
                ("ALIGN", (3, 0), (4, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
            ]
        )
    )
    return [*head, table]


def _row(line: ExportLine) -> list[Any]:
    words = ", ".join(dict.fromkeys(text for text in (line.counterparty, line.description) if text))
    return [
        f"{line.effective_date:%d %b %Y}",
        _paragraph(words),
        _paragraph(line.category),
        f"{line.amount} {line.currency}",
        f"{line.balance_after} {line.currency}",
    ]


def _number(canvas: Canvas, template: Any) -> None:
    canvas.setFont(_FONT, 7)
    canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, str(template.page))


def _paragraph(said: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    """Return a paragraph of a customer's words: no markup in them has any meaning."""
    return Paragraph(escape(_drawable(said)), style)


def _drawable(said: str) -> str:
    known = _letters()
    return "".join(
        letter if ord(letter) in known else _plain(letter, known)
        for letter in unicodedata.normalize("NFC", said)
        if letter.isprintable()
    )


def _plain(letter: str, known: frozenset[int]) -> str:
    first = unicodedata.normalize("NFKD", letter)[:1]
    return first if first and ord(first) in known else "?"


@cache
def _letters() -> frozenset[int]:
    folder = Path(reportlab.__file__).parent / "fonts"
    fonts = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in (_FONT, _BOLD)}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return frozenset(fonts[_FONT].face.charToGlyph)
