"""OFX 2.2 (XML): one bank statement per account, its transactions oldest first.

OFX keeps 32 letters of a name and 255 of a memo; the other formats keep every letter. An account
without an IBAN that OFX has room for is named by its id in 22 letters.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from apps.transactions.adapters.exports.line import ExportedAccount, ExportLine
from vortex.money import Money

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
    "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    "<DTSERVER>{now}</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1>"
)
_STATEMENT: Final = (
    "<STMTTRNRS><TRNUID>{place}</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    "<STMTRS><CURDEF>{currency}</CURDEF><BANKACCTFROM><BANKID>VORTEX</BANKID>"
    "<ACCTID>{number}</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>"
    "<BANKTRANLIST><DTSTART>{first}</DTSTART><DTEND>{last}</DTEND>"
)
_END: Final = (
    "</BANKTRANLIST><LEDGERBAL><BALAMT>{booked}</BALAMT><DTASOF>{now}</DTASOF></LEDGERBAL>"
    "</STMTRS></STMTTRNRS>"
)
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NUMBER_LETTERS: Final = 22


def ofx(lines: Iterable[ExportLine], accounts: tuple[ExportedAccount, ...]) -> Iterator[bytes]:
    """Write the statements of accounts; the lines of an account come together."""
    known = {account.id: account for account in accounts}
    now = max((account.as_of for account in accounts), default=datetime(1970, 1, 1, tzinfo=UTC))
    yield _HEAD.format(now=_time(now)).encode()
    for place, (account_id, of_account) in enumerate(
        groupby(lines, key=lambda line: line.account_id), 1
    ):
        yield from _statement(place, known[account_id], of_account)
    yield b"</BANKMSGSRSV1></OFX>"


def number_of(account: ExportedAccount) -> str:
    """Return the number by which OFX knows an account."""
    fits = 0 < len(account.number) <= _NUMBER_LETTERS
    return account.number if fits else _short(account.id)


def _statement(
    place: int, account: ExportedAccount, lines: Iterator[ExportLine]
) -> Iterator[bytes]:
    now = _time(account.as_of)
    first = next(lines)
    head = _STATEMENT.format(
        place=place,
        currency=account.currency,
        number=escape(number_of(account)),
        first=_time(first.booked_at),
        last=now,
    )
    yield head.encode()
    yield _transaction(first)
    for line in lines:
        yield _transaction(line)
    booked = Money(account.booked_minor, account.currency).amount
    yield _END.format(booked=booked, now=now).encode()


def _transaction(line: ExportLine) -> bytes:
    kind = "CREDIT" if line.amount_minor > 0 else "DEBIT"
    name = _text(line.counterparty or line.description or line.kind, 32)
    memo = _text(line.description, 255)
    said = (
        f"<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{_time(line.booked_at)}</DTPOSTED>"
        f"<DTUSER>{line.effective_date:%Y%m%d}</DTUSER><TRNAMT>{line.amount}</TRNAMT>"
        f"<FITID>{line.posting_id}</FITID><NAME>{name}</NAME>"
    )
    return f"{said}{f'<MEMO>{memo}</MEMO>' if memo else ''}</STMTTRN>".encode()


def _text(text: str, most: int) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return escape(" ".join(plain.split())[:most].strip())


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}.000[0:UTC]"


def _short(account_id: UUID) -> str:
    number, text = account_id.int, ""
    while number:
        number, rest = divmod(number, len(_LETTERS))
        text = _LETTERS[rest] + text
    return text
