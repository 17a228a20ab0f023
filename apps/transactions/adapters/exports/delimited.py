"""CSV (RFC 4180) that no spreadsheet runs: a text that would be a formula gets an apostrophe.

Amounts and dates are written as such, so a program reads them back to the cent; our own import
takes the apostrophe off again.
"""

import csv as library
import io
from collections.abc import Iterable, Iterator
from typing import Final

from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine
from vortex.papers.text import guarded

_HEADER: Final = (
    *("date", "booked at", "amount", "currency", "description", "counterparty"),
    *("payment reference", "category", "tags", "my note", "account", "balance after"),
    *("kind", "id"),
)
_MARK: Final = "\ufeff"  # without it, spreadsheets take UTF-8 for something else


def csv(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> Iterator[bytes]:
    """Write a header and a row per line."""
    del accounts
    yield (_MARK + _row(_HEADER)).encode()
    for line in lines:
        yield _row(
            (
                line.effective_date.isoformat(),
                line.booked_at.isoformat(),
                line.amount,
                line.currency,
                guarded(line.description),
                guarded(line.counterparty),
                guarded(line.reference),
                guarded(line.category),
                guarded(" ".join(line.tags)),
                guarded(line.note),
                guarded(line.account),
                line.balance_after,
                line.kind,
                str(line.posting_id),
            )
        ).encode()


def _row(cells: Iterable[str]) -> str:
    held = io.StringIO(newline="")
    library.writer(held).writerow(cells)
    return held.getvalue()
