"""QIF: Quicken's text format of bank and card registers, without currency and with loose dates."""

import re
from typing import Final

from apps.transactions.adapters.statements.notations import Notation, dates, decimals
from apps.transactions.adapters.statements.statement import (
    Hints,
    Line,
    Statement,
    UnreadableStatementError,
    cleaned,
    oldest_first,
)

_KINDS: Final = {"bank", "ccard", "cash", "oth a", "oth l"}
_SHORT_YEAR: Final = re.compile(r"(\d{1,2})[/. -] ?(\d{1,2})[/'. -] ?(\d{2})", re.ASCII)

Record = dict[str, tuple[int, str]]


class Qif:
    """Reads one register of a QIF file; investments and lists are refused."""

    name = "QIF"

    def recognises(self, content: bytes) -> bool:
        """Say whether the content begins with one of QIF's headers."""
        start = content.lstrip(b"\xef\xbb\xbf \r\n\t")
        return start.startswith((b"!Type:", b"!Account", b"!Option"))

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the register, by the one date format and decimal mark that fit all lines."""
        records = _records(_text(content, hints.encoding))
        if not records:
            raise UnreadableStatementError("The QIF file has no transactions.")
        for place, record in enumerate(records, 1):
            if "D" not in record or "T" not in record:
                raise UnreadableStatementError(
                    f"Transaction {place} of the QIF file has no date or no amount."
                )
        days = dates(
            [Notation(line, _long_year(text)) for line, text in _field(records, "D")],
            hints.date_format,
        )
        minors = decimals(
            [Notation(line, text) for line, text in _field(records, "T")], currency, hints.decimal
        )
        lines = [
            Line(
                day,
                minor,
                description=cleaned(record.get("M", (0, ""))[1] or record.get("P", (0, ""))[1]),
                counterparty=cleaned(record.get("P", (0, ""))[1]),
            )
            for day, minor, record in zip(days, minors, records, strict=True)
        ]
        moving = [line for line in lines if line.amount_minor]
        return Statement(
            format=self.name,
            account="",
            currency="",
            lines=oldest_first(moving),
            zero_lines=len(lines) - len(moving),
            notes=(f"A QIF file does not name its currency; {currency} is assumed.",),
        )


def _records(text: str) -> list[Record]:
    records: list[Record] = []
    current: Record = {}
    for number, line in enumerate(text.splitlines(), 1):
        kind = line.strip().lower().removeprefix("!type:")
        if line.startswith("!"):
            if not line.lower().startswith("!type:") or kind not in _KINDS:
                raise UnreadableStatementError(
                    f"Line {number}: {line.strip()[:40]!r} is no bank or card register."
                )
        elif line.startswith("^"):
            if current:
                records.append(current)
            current = {}
        elif line.strip():
            current.setdefault(line[0].upper(), (number, line[1:].strip()))
    if current:
        raise UnreadableStatementError("The QIF file is cut off: its last transaction has no end.")
    return records


def _field(records: list[Record], name: str) -> list[tuple[int, str]]:
    return [record[name] for record in records]


def _long_year(text: str) -> str:
    """Write 8/15/13 and 8/15'13 with the year that QIF means: of this century."""
    match = _SHORT_YEAR.fullmatch(text)
    return f"{match[1]}/{match[2]}/20{match[3]}" if match else text


def _text(content: bytes, encoding: str) -> str:
    for known in (encoding,) if encoding else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(known)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnreadableStatementError("The QIF file is in an encoding that is not known here.")
