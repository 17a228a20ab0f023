"""MT940: SWIFT's customer statement, in the dialects of many banks."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import mt940 as library

from apps.transactions.adapters.statements.statement import (
    EARLIEST,
    Hints,
    Line,
    Statement,
    UnreadableStatementError,
    cleaned,
    minor_units,
    oldest_first,
)

_TAG: Final = re.compile(rb"(?:^|\n)(?::[0-9]{2}[A-Z]?:|\{1:F)")
_LINE: Final = re.compile(r"^:61:", re.MULTILINE)
_INTERIM: Final = re.compile(r"^:(?:34F|13D?|90[CD]):", re.MULTILINE)
_AMOUNT: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
# C and D are a credit and a debit; RC and RD undo one.
_CREDITS: Final = frozenset({"C", "RD"})
_KNOWN: Final = frozenset({"C", "D", "RC", "RD"})


class Mt940:
    """Reads the booked lines of one account; interim reports (MT942) are refused."""

    name = "MT940"

    def recognises(self, content: bytes) -> bool:
        """Say whether the content has SWIFT's tags near its beginning."""
        return bool(_TAG.search(content[:1000].lstrip(b"\xef\xbb\xbf \r\n\t")))

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the lines of the statement, or of all its pages."""
        text = _text(content, hints.encoding).replace("\r\n", "\n")
        if _INTERIM.search(text):
            raise UnreadableStatementError(
                "The file is an interim report (MT942). Its lines come again in the statement; "
                "import that."
            )
        try:
            read = library.parse(text)
            found = [transaction.data for transaction in read]
        except Exception as error:
            raise UnreadableStatementError(
                f"The MT940 file is damaged or of a dialect that is not known here "
                f"({cleaned(str(error))[:80] or type(error).__name__})."
            ) from error
        if len(found) != len(_LINE.findall(text)) or any("amount" not in one for one in found):
            raise UnreadableStatementError(
                "The MT940 file has lines that cannot be read, so none of it is imported."
            )
        if not found:
            raise UnreadableStatementError("The statement has no transactions.")
        lines = [_line(one, place, currency) for place, one in enumerate(found, 1)]
        moving = [line for line in lines if line.amount_minor]
        return Statement(
            format=self.name,
            account=cleaned(str(read.data.get("account_identification") or "")),
            currency=currency,
            lines=oldest_first(moving),
            zero_lines=len(lines) - len(moving),
        )


def _line(said: dict[str, Any], place: int, currency: str) -> Line:
    where = f"Transaction {place} of the file"
    amount, status = said["amount"], str(said.get("status") or "")
    if amount.currency and amount.currency != currency:
        raise UnreadableStatementError(
            f"The statement is in {cleaned(amount.currency)[:12]} and the account is kept in "
            f"{currency}."
        )
    match = _AMOUNT.fullmatch(f"{abs(Decimal(amount.amount)):f}")
    if match is None or status not in _KNOWN:
        raise UnreadableStatementError(f"{where} has no amount that can be read.")
    try:
        minor = minor_units(match[1].lstrip("0"), match[2] or "", currency)
    except ValueError as error:
        raise UnreadableStatementError(f"{where}: its amount {error}.") from error
    details = _first(said, "purpose", "transaction_details", "extra_details", "customer_reference")
    return Line(
        _day(said.get("entry_date") or said.get("date"), where),
        minor if status in _CREDITS else -minor,
        description=details,
        counterparty=_first(said, "applicant_name", "recipient_name"),
    )


def _day(said: Any, where: str) -> date:
    day = said.date() if isinstance(said, datetime) else said
    if not isinstance(day, date) or date(day.year, day.month, day.day) < EARLIEST:
        raise UnreadableStatementError(f"{where} has no date that can be read.")
    return date(day.year, day.month, day.day)


def _first(said: dict[str, Any], *names: str) -> str:
    return next((cleaned(str(said[name])) for name in names if said.get(name)), "")


def _text(content: bytes, encoding: str) -> str:
    for known in (encoding,) if encoding else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return content.decode(known)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnreadableStatementError("The MT940 file is in an encoding that is not known here.")
