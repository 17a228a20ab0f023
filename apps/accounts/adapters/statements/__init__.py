"""A statement in the formats that people and programs read.

A renderer takes the document and returns bytes: the same bytes whenever it is asked.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from apps.accounts.adapters.statements.camt053 import camt053
from apps.accounts.adapters.statements.delimited import csv
from apps.accounts.adapters.statements.ofx import ofx
from apps.accounts.adapters.statements.pdf import pdf
from apps.accounts.domain.statement import StatementDocument


class Format(StrEnum):
    """How a statement is written down."""

    PDF = "pdf"
    CSV = "csv"
    OFX = "ofx"
    CAMT053 = "camt053"


class _Written(NamedTuple):
    render: Callable[[StatementDocument], bytes]
    media_type: str
    ending: str


_WRITTEN: Final[dict[Format, _Written]] = {
    Format.PDF: _Written(pdf, "application/pdf", "pdf"),
    Format.CSV: _Written(csv, "text/csv; charset=utf-8", "csv"),
    Format.OFX: _Written(ofx, "application/x-ofx", "ofx"),
    Format.CAMT053: _Written(camt053, "application/xml", "xml"),
}


def rendered(document: StatementDocument, wanted: Format) -> tuple[bytes, str, str]:
    """Return a statement's bytes, their media type and a file name made of safe characters."""
    how = _WRITTEN[wanted]
    name = f"statement-{document.iban[-4:]}-{document.first_date:%Y-%m}.{how.ending}"
    return how.render(document), how.media_type, name
