"""camt.053: ISO 20022's bank-to-customer statement, of any version and whatever its prefix."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

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

_AMOUNT: Final = re.compile(r"([0-9]{0,18})(?:\.([0-9]{1,18}))?", re.ASCII)
_OTHERS: Final = {
    "BkToCstmrDbtCdtNtfctn": "a notification of single entries (camt.054)",
    "BkToCstmrAcctRpt": "an interim report (camt.052)",
}
_BOOKED: Final = {"BOOK", ""}


class Camt053:
    """Reads the booked entries of one account, one line per entry."""

    name = "camt.053"

    def recognises(self, content: bytes) -> bool:
        """Say whether the content is XML with ISO 20022's outermost element."""
        start = content[:4096]
        return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"BkToCstmr" in start

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the entries of the one account in the file, or of the one that was asked for."""
        statements = _chosen(_statements(_root(content)), hints.statement)
        entries = [entry for one in statements for entry in _children(one, "Ntry")]
        booked = [entry for entry in entries if _status(entry) in _BOOKED]
        if not booked:
            raise UnreadableStatementError("The statement has no booked transactions.")
        lines = [_line(entry, place, currency) for place, entry in enumerate(booked, 1)]
        moving = [line for line in lines if line.amount_minor]
        pending = len(entries) - len(booked)
        return Statement(
            format=self.name,
            account=_account(statements[0]),
            currency=currency,
            lines=oldest_first(moving),
            zero_lines=len(lines) - len(moving),
            notes=(f"{pending:,} entries are not booked yet and left out.",) if pending else (),
        )


def _root(content: bytes) -> Element:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableStatementError(
            "The file declares a document type or entities, which no bank statement needs and "
            "attackers use. It is not read."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableStatementError("The file is damaged: it is not well-formed XML.") from error
    return root


def _statements(root: Element) -> list[Element]:
    for name, what in _OTHERS.items():
        if any(_name(element) == name for element in root):
            raise UnreadableStatementError(
                f"The file is {what}. Its lines come again in the statement; import that."
            )
    found = [one for element in root for one in element if _name(one) == "Stmt"]
    if not found:
        raise UnreadableStatementError("The file is XML and has no statement in it.")
    return found


def _chosen(statements: list[Element], wanted: str) -> list[Element]:
    names = list(dict.fromkeys(_account(one) for one in statements))
    if wanted or len(names) > 1:
        statements = [one for one in statements if wanted and _account(one) == wanted]
    if not statements:
        raise UnreadableStatementError(
            "The file has statements of several accounts. Choose one with --statement: "
            f"{', '.join(names[:10])}."
        )
    return statements


def _line(entry: Element, place: int, currency: str) -> Line:
    where = f"Transaction {place} of the file"
    amount = next(_children(entry, "Amt"), None)
    said = "" if amount is None else amount.get("Ccy", "")
    if said != currency:
        raise UnreadableStatementError(
            f"{where} is in {cleaned(said)[:12] or 'no currency'} and the account is kept in "
            f"{currency}."
        )
    text = "" if amount is None else (amount.text or "").strip()
    match = _AMOUNT.fullmatch(text)
    sign = {"CRDT": 1, "DBIT": -1}.get(_text(entry, "CdtDbtInd"))
    if match is None or not (match[1] or match[2]) or sign is None:
        raise UnreadableStatementError(f"{where} has no amount that can be read.")
    try:
        minor = minor_units(match[1].lstrip("0"), (match[2] or "").rstrip("0"), currency)
    except ValueError as error:
        raise UnreadableStatementError(f"{where}: its amount {error}.") from error
    words = _texts(entry, "Ustrd") or _texts(entry, "AddtlNtryInf") or _texts(entry, "AddtlTxInf")
    other = "Dbtr" if sign > 0 else "Cdtr"
    return Line(
        _day(entry, where), sign * minor, description=words, counterparty=_party(entry, other)
    )


def _day(entry: Element, where: str) -> date:
    for name in ("BookgDt", "ValDt"):
        for dated in _children(entry, name):
            text = "".join(dated.itertext()).strip()[:10]
            try:
                day = date.fromisoformat(text)
            except ValueError:
                break
            if day >= EARLIEST:
                return day
    raise UnreadableStatementError(f"{where} has no date that can be read.")


def _party(entry: Element, role: str) -> str:
    for party in entry.iter():
        if _name(party) == role:
            for named in party.iter():
                if _name(named) == "Nm":
                    return cleaned(named.text or "")
    return ""


def _account(statement: Element) -> str:
    for account in _children(statement, "Acct"):
        for identified in account.iter():
            if _name(identified) == "IBAN" or (
                _name(identified) == "Id" and (identified.text or "").strip()
            ):
                return cleaned(identified.text or "")
    return ""


def _status(entry: Element) -> str:
    for status in _children(entry, "Sts"):
        return "".join(status.itertext()).strip()
    return ""


def _texts(entry: Element, name: str) -> str:
    found = (element.text or "" for element in entry.iter() if _name(element) == name)
    return cleaned(" ".join(found))


def _text(entry: Element, name: str) -> str:
    return next(((child.text or "").strip() for child in _children(entry, name)), "")


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _name(child) == name)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
