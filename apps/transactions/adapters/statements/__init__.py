"""Files in which people get their statements: what can be read, and what is told apart."""

from pathlib import Path
from typing import Final

from apps.transactions.adapters.statements.camt import Camt053
from apps.transactions.adapters.statements.columns import ROLES
from apps.transactions.adapters.statements.delimited import Delimited, sample
from apps.transactions.adapters.statements.mt940 import Mt940
from apps.transactions.adapters.statements.notations import DATE_FORMATS, DECIMALS
from apps.transactions.adapters.statements.ofx import Ofx
from apps.transactions.adapters.statements.qif import Qif
from apps.transactions.adapters.statements.statement import (
    Hints,
    Line,
    Rejected,
    Statement,
    StatementFormat,
    UnreadableStatementError,
    identity,
    occurrences,
)

MOST_BYTES: Final = 10 * 1024 * 1024

_FORMATS: Final[tuple[StatementFormat, ...]] = (Ofx(), Camt053(), Qif(), Mt940(), Delimited())

# The first bytes of what people send instead of a statement.
_OTHERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
)


def read_statement(path: Path, currency: str, hints: Hints) -> Statement:
    """Return the statement in a file, its amounts in minor units of the account's currency.

    Raises UnreadableStatementError, whose text a clerk understands, for everything else: another
    format, a damaged or an ambiguous file, one beyond 10 MiB, another currency.
    """
    return read_content(_content(path), currency, hints)


def read_content(content: bytes, currency: str, hints: Hints) -> Statement:
    """Return the statement that these bytes are; raises as `read_statement` does."""
    if len(content) > MOST_BYTES:
        raise UnreadableStatementError("The file has more than 10 MiB, which no statement has.")
    if not content.strip():
        raise UnreadableStatementError("The file is empty.")
    other = _other(content)
    for known in _FORMATS:
        if not other and known.recognises(content):
            return known.read(content, currency, hints)
    name = other or "of a kind that is not known here"
    raise UnreadableStatementError(
        f"The file is {name}. OFX, QIF, MT940, camt.053 and CSV can be imported."
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableStatementError(f"The file cannot be opened: {error.strerror}.") from error
    return content


def _other(content: bytes) -> str:
    """Name a format that is known and not read, by how it begins; empty where it is none."""
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")
    for magic, name in _OTHERS:
        if start.startswith(magic):
            return name
    if start.startswith(b"<") and b"<OFX>" not in content.upper() and b"BkToCstmr" not in content:
        return "an XML or HTML document and no statement"
    return ""


__all__ = [
    "DATE_FORMATS",
    "DECIMALS",
    "MOST_BYTES",
    "ROLES",
    "Hints",
    "Line",
    "Rejected",
    "Statement",
    "UnreadableStatementError",
    "identity",
    "occurrences",
    "read_content",
    "read_statement",
    "sample",
]
