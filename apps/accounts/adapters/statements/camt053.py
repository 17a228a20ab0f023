"""A statement as camt.053.001.08, ISO 20022's bank-to-customer statement."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from lxml import etree

from apps.accounts.domain.statement import StatementDocument, StatementLine, month_after, start_of
from vortex.money import Money
from vortex.papers.text import plain

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_LONGEST_NAME, _LONGEST_TEXT = 140, 140

Element = etree._Element  # noqa: SLF001 - lxml names its element type so


def camt053(document: StatementDocument) -> bytes:
    """Return the statement as one camt.053 message, valid under its XSD."""
    root = etree.Element(_name("Document"), nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace
    message = _add(root, "BkToCstmrStmt")
    _header(_add(message, "GrpHdr"), document)
    statement = _add(message, "Stmt")
    _add(statement, "Id", document.statement_id.hex)
    _add(statement, "ElctrncSeqNb", str(document.number))
    _add(statement, "CreDtTm", _moment(document.issued_at))
    _period(_add(statement, "FrToDt"), document)
    _account(_add(statement, "Acct"), document)
    before = document.first_date - timedelta(days=1)
    _balance(_add(statement, "Bal"), "OPBD", document.opening, before)
    _balance(_add(statement, "Bal"), "CLBD", document.closing, document.last_date)
    _summary(_add(statement, "TxsSummry"), document)
    for line in document.lines:
        _entry(_add(statement, "Ntry"), document, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _header(header: Element, document: StatementDocument) -> None:
    _add(header, "MsgId", document.statement_id.hex)
    _add(header, "CreDtTm", _moment(document.issued_at))


def _period(period: Element, document: StatementDocument) -> None:
    end = start_of(month_after(document.first_date)) - timedelta(milliseconds=1)
    _add(period, "FrDtTm", _moment(start_of(document.first_date)))
    _add(period, "ToDtTm", _moment(end))


def _account(account: Element, document: StatementDocument) -> None:
    _add(_add(account, "Id"), "IBAN", document.iban)
    _add(account, "Ccy", document.currency)
    holder = plain(document.holder)[:_LONGEST_NAME]
    if holder:
        _add(_add(account, "Ownr"), "Nm", holder)


def _balance(balance: Element, kind: str, money: Money, day: date) -> None:
    _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", kind)
    _amount(balance, money)
    _add(_add(balance, "Dt"), "Dt", day.isoformat())


def _summary(summary: Element, document: StatementDocument) -> None:
    for name, total, sign in (
        ("TtlCdtNtries", document.credits, 1),
        ("TtlDbtNtries", document.debits, -1),
    ):
        entries = _add(summary, name)
        counted = sum(1 for line in document.lines if line.amount_minor * sign > 0)
        _add(entries, "NbOfNtries", str(counted))
        _add(entries, "Sum", total.amount)


def _entry(entry: Element, document: StatementDocument, line: StatementLine) -> None:
    _add(entry, "NtryRef", str(line.version))
    _amount(entry, document.money(line.amount_minor))
    _add(_add(entry, "Sts"), "Cd", "BOOK")
    _add(_add(entry, "BookgDt"), "DtTm", _moment(line.booked_at))
    _add(_add(entry, "ValDt"), "Dt", line.effective_date.isoformat())
    _add(entry, "AcctSvcrRef", line.posting_id.hex)
    _add(_add(_add(entry, "BkTxCd"), "Prtry"), "Cd", "POSTING")
    text = plain(line.description)
    if text:
        details = _add(_add(_add(entry, "NtryDtls"), "TxDtls"), "RmtInf")
        for at in range(0, len(text), _LONGEST_TEXT):
            _add(details, "Ustrd", text[at : at + _LONGEST_TEXT])


def _amount(parent: Element, money: Money) -> None:
    """Write an amount without a sign, and whether it is a credit; zero is a credit."""
    whole = money if money.minor >= 0 else -money
    _add(parent, "Amt", whole.amount).set("Ccy", money.currency)
    _add(parent, "CdtDbtInd", "CRDT" if money.minor >= 0 else "DBIT")


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    child = etree.SubElement(parent, _name(name))
    child.text = text
    return child


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
