"""A statement as OFX 2.2, which personal finance programs read.

OFX gives a bank nine characters and an account twenty-two: the bank has a name of its own there,
and the account is its IBAN, which has twenty-two characters wherever this bank keeps accounts.
"""

from datetime import UTC, datetime
from typing import Final

from lxml import etree

from apps.accounts.domain.statement import StatementDocument, StatementLine, month_after, start_of
from vortex.papers.text import plain

_HEAD: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n'
    b'<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\r\n'
)
_BANK: Final = "VORTEXCOR"
_LONGEST_NAME, _LONGEST_MEMO, _LONGEST_ACCOUNT = 32, 255, 22

Element = etree._Element  # noqa: SLF001 - lxml names its element type so


def ofx(document: StatementDocument) -> bytes:
    """Return the statement as one OFX response."""
    root = etree.Element("OFX")
    _sign_on(root, document)
    response = _in(root, "BANKMSGSRSV1", "STMTTRNRS")
    _say(response, TRNUID=str(document.statement_id))
    _succeed(response)
    statement = etree.SubElement(response, "STMTRS")
    _say(statement, CURDEF=document.currency)
    account = etree.SubElement(statement, "BANKACCTFROM")
    number = document.iban[-_LONGEST_ACCOUNT:]
    _say(account, BANKID=_BANK, ACCTID=number, ACCTTYPE="CHECKING")
    _transactions(statement, document)
    until = start_of(month_after(document.first_date))
    balance = etree.SubElement(statement, "LEDGERBAL")
    _say(balance, BALAMT=document.closing.amount, DTASOF=_moment(until))
    return _HEAD + etree.tostring(root, encoding="UTF-8")


def _sign_on(root: Element, document: StatementDocument) -> None:
    answer = _in(root, "SIGNONMSGSRSV1", "SONRS")
    _succeed(answer)
    _say(answer, DTSERVER=_moment(document.issued_at), LANGUAGE="ENG")


def _transactions(statement: Element, document: StatementDocument) -> None:
    listed = etree.SubElement(statement, "BANKTRANLIST")
    _say(
        listed,
        DTSTART=_moment(start_of(document.first_date)),
        DTEND=_moment(start_of(month_after(document.first_date))),
    )
    for line in document.lines:
        _transaction(etree.SubElement(listed, "STMTTRN"), document, line)


def _transaction(said: Element, document: StatementDocument, line: StatementLine) -> None:
    _say(
        said,
        TRNTYPE="CREDIT" if line.amount_minor > 0 else "DEBIT",
        DTPOSTED=_moment(line.booked_at),
        TRNAMT=document.money(line.amount_minor).amount,
        FITID=f"{line.posting_id.hex}-{line.version}",
    )
    text = plain(line.description)
    if text:
        _say(said, NAME=text[:_LONGEST_NAME].strip())
    if len(text) > _LONGEST_NAME:
        _say(said, MEMO=text[:_LONGEST_MEMO].strip())


def _succeed(answer: Element) -> None:
    _say(etree.SubElement(answer, "STATUS"), CODE="0", SEVERITY="INFO")


def _in(parent: Element, *names: str) -> Element:
    for name in names:
        parent = etree.SubElement(parent, name)
    return parent


def _say(parent: Element, **values: str) -> None:
    for name, value in values.items():
        etree.SubElement(parent, name).text = value


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}.000[0:UTC]"
