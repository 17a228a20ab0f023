"""A customer's transactions as files: CSV, JSON, OFX and PDF, written while they are sent."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from apps.transactions.adapters.exports.delimited import csv
from apps.transactions.adapters.exports.json import json
from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine
from apps.transactions.adapters.exports.ofx import ofx
from apps.transactions.adapters.exports.pdf import MOST_LINES_OF_PDF, pdf

Lines = Iterable[ExportLine]


@dataclass(frozen=True)
class ExportFormat:
    """A format: how it is written, what it is called, and how many lines it takes."""

    write: Callable[[Lines, tuple[ExportedAccount, ...]], Iterator[bytes]]
    media_type: str
    most_lines: int
    by_account: bool = False


EXPORTS: Final[dict[str, ExportFormat]] = {
    "csv": ExportFormat(csv, "text/csv; charset=utf-8", 100_000),
    "json": ExportFormat(json, "application/json", 100_000),
    "ofx": ExportFormat(ofx, "application/x-ofx", 100_000, by_account=True),
    "pdf": ExportFormat(pdf, "application/pdf", MOST_LINES_OF_PDF),
}

__all__ = ["EXPORTS", "ExportFormat", "ExportLine", "ExportedAccount"]
