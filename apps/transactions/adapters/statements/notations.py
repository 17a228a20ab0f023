"""Dates and decimals as people write them: read one way only where no other way differs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from apps.transactions.adapters.statements.statement import (
    EARLIEST,
    UnreadableStatementError,
    minor_units,
)

_DATE_FORMATS: Final = {
    "YYYY-MM-DD": ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
    "YYYY/MM/DD": ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
    "YYYYMMDD": ("%Y%m%d", r"\d{8}"),
    "DD.MM.YYYY": ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
    "DD.MM.YY": ("%d.%m.%y", r"\d{1,2}\.\d{1,2}\.\d{2}"),
    "DD/MM/YYYY": ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    "MM/DD/YYYY": ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    "DD/MM/YY": ("%d/%m/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
    "MM/DD/YY": ("%m/%d/%y", r"\d{1,2}/\d{1,2}/\d{2}"),
    "DD-MM-YYYY": ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    "MM-DD-YYYY": ("%m-%d-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    "DD MMM YYYY": ("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}"),
}
DATE_FORMATS: Final = tuple(_DATE_FORMATS)
DECIMALS: Final = ("point", "comma")

_TIME: Final = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
_NUMBER: Final = {
    "point": re.compile(r"(\d{1,3}(?:[, '’]\d{3})+|\d+)?(?:\.(\d+))?", re.ASCII),
    "comma": re.compile(r"(\d{1,3}(?:[. '’]\d{3})+|\d+)?(?:,(\d+))?", re.ASCII),
}
_AROUND: Final = re.compile(r"^(?:EUR|GBP|USD|CHF|[€£$])|(?:EUR|GBP|USD|CHF|[€£$])$")


@dataclass(frozen=True, slots=True)
class Notation:
    """What stands in one field, and on which line of the file."""

    line: int
    text: str


def dates(notations: Sequence[Notation], named: str) -> list[date]:
    """Return the dates, by the one format that fits them all or by the one that a person named."""
    candidates = (named,) if named else DATE_FORMATS
    readings = [(name, found) for name in candidates if (found := _dates(notations, name))]
    if not readings:
        raise UnreadableStatementError(_odd_date(notations, candidates))
    if any(found != readings[0][1] for _, found in readings):
        names = " or ".join(name for name, _ in readings)
        raise UnreadableStatementError(
            f"Dates such as {notations[0].text!r} can be {names}. Say which with --date-format."
        )
    return readings[0][1]


def decimals(notations: Sequence[Notation], currency: str, named: str) -> list[int]:
    """Return the signed minor units, by the one decimal mark that fits all or by the one named."""
    candidates = (named,) if named else DECIMALS
    readings = [(mark, found) for mark in candidates if (found := _all(notations, mark, currency))]
    if not readings:
        raise UnreadableStatementError(_odd_amount(notations, candidates, currency))
    mark, chosen = readings[0]
    differing = [
        notation.text
        for notation, *values in zip(notations, *(found for _, found in readings), strict=True)
        if len(set(values)) > 1
    ]
    unproved = [] if named else _unproved(notations, mark)
    for odd in (*differing, *unproved):
        raise UnreadableStatementError(
            f"Amounts such as {odd!r} can be read in two ways. Say --decimal point or comma."
        )
    return chosen


def problem_of_date(notation: Notation, named: str) -> str:
    """Return why a field is no date in any format, or in the one named; empty where it is one."""
    candidates = (named,) if named else DATE_FORMATS
    if any(_date(notation.text, name) for name in candidates):
        return ""
    return _odd_date([notation], candidates)


def problem_of_amount(notation: Notation, currency: str, named: str) -> str:
    """Return why a field is no amount with any decimal mark, or with the one named; else empty."""
    candidates = (named,) if named else DECIMALS
    if any(_decimal(notation.text, mark, currency) is not None for mark in candidates):
        return ""
    return _odd_amount([notation], candidates, currency)


def _unproved(notations: Sequence[Notation], mark: str) -> list[str]:
    """Return amounts such as 1.005 that are thousands only if nothing in the file says otherwise.

    One separator before three digits may group or may divide. Another amount that shows the decimal
    mark, or one with two groups, proves which.
    """
    dividing, grouping = (".", ",") if mark == "point" else (",", ".")
    texts = [notation.text for notation in notations]
    if any(dividing in text or text.count(grouping) > 1 for text in texts):
        return []
    return [text for text in texts if grouping in text]


def _dates(notations: Sequence[Notation], name: str) -> list[date] | None:
    found = []
    for notation in notations:
        day = _date(notation.text, name)
        if day is None:
            return None
        found.append(day)
    return found


def _date(text: str, name: str) -> date | None:
    pattern, shape = _DATE_FORMATS[name]
    plain = _TIME.sub("", text)
    if not re.fullmatch(shape, plain, re.ASCII):
        return None
    try:
        day = datetime.strptime(plain, pattern).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None
    return day if day >= EARLIEST else None


def _all(notations: Sequence[Notation], mark: str, currency: str) -> list[int] | None:
    found = []
    for notation in notations:
        minor = _decimal(notation.text, mark, currency)
        if minor is None:
            return None
        found.append(minor)
    return found


def _decimal(text: str, mark: str, currency: str) -> int | None:
    """Return signed minor units, or None where the text is no amount with this decimal mark."""
    negative, bare = _unsigned(text.replace("\xa0", " ").replace("\u202f", " ").strip())
    match = _NUMBER[mark].fullmatch(bare)
    if match is None or not (match[1] or match[2]):
        return None
    try:
        whole = re.sub(r"\D", "", match[1] or "").lstrip("0")
        minor = minor_units(whole, match[2] or "", currency)
    except ValueError:
        return None
    return -minor if negative else minor


def _unsigned(text: str) -> tuple[bool, str]:
    """Split off one sign, in front, behind or as parentheses, and one currency on either side."""
    plain = _AROUND.sub("", text.replace("\u2212", "-")).strip()
    if plain.startswith("(") and plain.endswith(")"):
        return True, _AROUND.sub("", plain[1:-1]).strip()
    if plain.startswith(("-", "+")):
        return plain[0] == "-", _AROUND.sub("", plain[1:].strip()).strip()
    if plain.endswith(("-", "+")):
        return plain[-1] == "-", plain[:-1].strip()
    return False, plain


def _odd_date(notations: Sequence[Notation], candidates: Sequence[str]) -> str:
    for notation in notations:
        if all(_date(notation.text, name) is None for name in candidates):
            return f"Line {notation.line}: {notation.text[:40]!r} is not a date."
    return "The dates are written in more than one way; no one format reads them all."


def _odd_amount(notations: Sequence[Notation], candidates: Sequence[str], currency: str) -> str:
    for notation in notations:
        if all(_decimal(notation.text, mark, currency) is None for mark in candidates):
            return f"Line {notation.line}: {notation.text[:40]!r} is not an amount in {currency}."
    return "The amounts use the point and the comma as decimal mark; no one way reads them all."
