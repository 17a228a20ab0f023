"""OFX and QFX statements, version 1 (SGML) and 2 (XML), of bank and card accounts."""

import html
import re
from datetime import date
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element

from ofxtools import Parser
from ofxtools import header as ofx_header
from ofxtools.header import parse_header
from ofxtools.Parser import ParseError, TreeBuilder

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

_POSTED: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})[0-9.:]{0,12}(\[[^\]]{0,20}\])?", re.ASCII
)
_AMOUNT: Final = re.compile(r"([+-]?)([0-9]{0,20})(?:[.,]([0-9]{1,10}))?", re.ASCII)
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_DECLARATION: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_STATEMENTS: Final = ("STMTRS", "CCSTMTRS")

# The library's log repeats what people wrote to each other, which no log of ours may hold.
Parser.logger.disabled = ofx_header.logger.disabled = True


class Ofx:
    """Reads what a bank or card statement in OFX says, and nothing else that OFX can carry."""

    name = "OFX"

    def recognises(self, content: bytes) -> bool:
        """Say whether the content has OFX's header or its outermost tag."""
        start = content[:4096].upper()
        return b"OFXHEADER" in start or b"<OFX>" in start

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the one statement in the file that has lines, or the one that was asked for."""
        root = _tree(content)
        chosen = _chosen(root, hints.statement)
        said = _text(chosen, "CURDEF").upper()
        if said and said != currency:
            raise UnreadableStatementError(
                f"The statement is in {said[:12]} and the account is kept in {currency}."
            )
        found = list(chosen.iter("STMTTRN"))
        lines = [_line(element, place, currency) for place, element in enumerate(found, 1)]
        moving = [line for line in lines if line.amount_minor]
        return Statement(
            format=self.name,
            account=_account(chosen),
            currency=said,
            lines=oldest_first(moving),
            zero_lines=len(lines) - len(moving),
            notes=() if said else (f"The file does not name its currency; {currency} is assumed.",),
        )


def _tree(content: bytes) -> Element:
    if _DECLARATION.search(content):
        raise UnreadableStatementError(
            "The file declares a document type or entities, which no bank statement needs and "
            "attackers use. It is not read."
        )
    message = _message(content).rstrip()
    if not message.upper().endswith("</OFX>"):
        raise UnreadableStatementError("The OFX file is cut off: its end is missing.")
    # The library's own pattern for CDATA runs to the last end on a line and would swallow tags.
    plain = _CDATA.sub(lambda match: html.escape(match[1], quote=False), message)
    builder = TreeBuilder()
    try:
        builder.feed(plain)
        root = builder.close()
    except (ParseError, AssertionError, IndexError, TypeError) as error:
        raise UnreadableStatementError(
            f"The OFX file is damaged: its tags do not fit together ({_brief(error)})."
        ) from error
    if not isinstance(root, Element):
        raise UnreadableStatementError("The file has an OFX header and nothing after it.")
    # What the library cannot read it skips; a transaction must never be skipped.
    for tag in ("STMTTRN", "TRNAMT"):
        if plain.upper().count(f"<{tag}>") != sum(1 for _ in root.iter(tag)):
            raise UnreadableStatementError(
                "The OFX file is damaged: some of its transactions cannot be read."
            )
    return root


def _message(content: bytes) -> str:
    try:
        _, message = parse_header(BytesIO(content.lstrip()))
    except (SyntaxError, ValueError, LookupError, TypeError) as error:
        raise UnreadableStatementError(
            "The OFX header is damaged, so the file's version and encoding are not known."
        ) from error
    return str(message)


def _chosen(root: Element, wanted: str) -> Element:
    statements = [element for tag in _STATEMENTS for element in root.iter(tag)]
    if not statements:
        raise UnreadableStatementError(_why_none(root))
    if wanted:
        named = [element for element in statements if _account(element) == wanted]
        if len(named) != 1:
            raise UnreadableStatementError(
                f"{len(named)} statements in the file are of account {wanted[:40]!r}. There are: "
                f"{', '.join(_account(element) for element in statements[:10])}."
            )
        return named[0]
    filled = [element for element in statements if element.find(".//STMTTRN") is not None]
    if not filled:
        raise UnreadableStatementError("The statement has no transactions.")
    if len(filled) > 1:
        raise UnreadableStatementError(
            "The file has statements of several accounts. Choose one with --statement: "
            f"{', '.join(_account(element) for element in filled[:10])}."
        )
    return filled[0]


def _why_none(root: Element) -> str:
    for status in root.iter("STATUS"):
        if _text(status, "SEVERITY").upper() == "ERROR":
            said = _text(status, "MESSAGE") or "no reason given"
            code = _text(status, "CODE")
            return f"The bank wrote an error into the file instead of a statement: {said} ({code})."
    if root.find(".//INVSTMTRS") is not None:
        return "The file is a statement of investments. Bank and card statements can be imported."
    return "The file is OFX and has no statement in it."


def _line(element: Element, place: int, currency: str) -> Line:
    try:
        booked = _date(_text(element, "DTPOSTED"))
        amount = _amount(_text(element, "TRNAMT"), currency)
    except ValueError as error:
        raise UnreadableStatementError(f"Transaction {place} of the file: {error}.") from error
    name = _text(element, "NAME") or _text(element, "PAYEE/NAME")
    memo = _text(element, "MEMO")
    kind = f"{_text(element, 'TRNTYPE').capitalize()} {_text(element, 'CHECKNUM')}".strip()
    return Line(booked, amount, description=memo or name or kind, counterparty=name)


def _date(text: str) -> date:
    match = _POSTED.fullmatch(text)
    try:
        booked = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        booked = None
    if booked is None or booked < EARLIEST:
        raise ValueError(f"its date {text[:30]!r} is not a date written YYYYMMDD")
    return booked


def _amount(text: str, currency: str) -> int:
    match = _AMOUNT.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"its amount {text[:30]!r} is not an amount such as -12.34")
    try:
        minor = minor_units(match[2].lstrip("0"), match[3] or "", currency)
    except ValueError as error:
        raise ValueError(f"its amount {text[:30]!r} {error}") from error
    return -minor if match[1] == "-" else minor


def _account(statement: Element) -> str:
    found = statement.find(".//ACCTID")
    return cleaned(found.text or "") if found is not None else ""


def _text(element: Element, path: str) -> str:
    return cleaned(html.unescape(element.findtext(path) or ""))


def _brief(error: Exception) -> str:
    return cleaned(str(error))[:80] or type(error).__name__
