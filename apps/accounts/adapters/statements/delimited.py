"""A statement as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets look for)."""

import csv as writing
import io
from typing import Final

from apps.accounts.domain.statement import StatementDocument
from vortex.papers.text import guarded, plain

_HEADER: Final = (
    *("booked_at", "effective_date", "description", "amount", "currency", "balance"),
    *("posting_id", "entry"),
)


def csv(document: StatementDocument) -> bytes:
    """Return one line an entry, oldest first; amounts are decimals, debits negative."""
    sheet = io.StringIO()
    rows = writing.writer(sheet, lineterminator="\r\n")
    rows.writerow(_HEADER)
    for line in document.lines:
        rows.writerow(
            (
                line.booked_at.isoformat(),
                line.effective_date.isoformat(),
                guarded(plain(line.description)),
                document.money(line.amount_minor).amount,
                document.currency,
                document.money(line.balance_minor).amount,
                line.posting_id,
                line.version,
            )
        )
    return sheet.getvalue().encode("utf-8-sig")
