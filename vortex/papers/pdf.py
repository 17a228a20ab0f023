"""PDF on A4: words, tables and numbered pages; the same story always gives the same bytes.

The font has the letters of western Europe; accents that it lacks are left off, and what it cannot
write at all becomes a question mark.
"""

import io
from collections.abc import Sequence
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
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, TableStyle

from vortex.papers.text import drawable

FONT, BOLD = "Vera", "VeraBd"
INK, RULE, SOFT = HexColor("#14211f"), HexColor("#e4e2dc"), HexColor("#f7f6f3")
_FOOT: Final = 10 * mm


def written(story: list[Any], *, title: str, margin_mm: float) -> bytes:
    """Return a story as PDF, on as many numbered pages as it needs."""
    letters()
    paper, margin = io.BytesIO(), margin_mm * mm
    template = SimpleDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=title,
        author="VortexCore",
        invariant=1,
    )
    template.build(story, canvasmaker=_NumberedPages)
    return paper.getvalue()


@cache
def letters() -> frozenset[int]:
    """Make the font known and return the characters that it has."""
    folder = Path(reportlab.__file__).parent / "fonts"
    fonts = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in (FONT, BOLD)}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return frozenset(fonts[FONT].face.charToGlyph)


def paragraph(said: str, *, size: float = 8, bold: bool = False) -> Paragraph:
    """Return a paragraph of a customer's text: no markup in it has any meaning."""
    return Paragraph(escape(drawable(said, letters())), _style(size, BOLD if bold else FONT))


def table(rows: Sequence[list[Any]], *, widths_mm: Sequence[float], size: float = 8) -> LongTable:
    """Return a table with a head on each page; its last two columns are figures."""
    letters()
    drawn = LongTable(list(rows), colWidths=[width * mm for width in widths_mm], repeatRows=1)
    drawn.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), BOLD, size),
                ("FONT", (0, 1), (-1, -1), FONT, size),
                ("BACKGROUND", (0, 0), (-1, 0), SOFT),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("ALIGN", (-2, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TEXTCOLOR", (0, 0), (-1, -1), INK),
            ]
        )
    )
    return drawn


@cache
def _style(size: float, font: str) -> ParagraphStyle:
    letters()
    leading = size * 1.33
    return ParagraphStyle(
        f"{font}{size}", fontName=font, fontSize=size, leading=leading, textColor=INK
    )


class _NumberedPages(Canvas):
    """A canvas that writes "page / pages", which is known only when all pages are there."""

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
            self.drawRightString(A4[0] - 18 * mm, _FOOT, f"{number} / {len(self._pages)}")
            super().showPage()
        super().save()
