"""CSV statements: which encoding, delimiter, columns, dates and decimals a file uses is found out.

Every guess is made over the whole file. Where two readings are possible and differ, the file is
refused with the words that settle it: a wrong guess would move real money.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apps.transactions.adapters.statements.columns import Columns, recognised
from apps.transactions.adapters.statements.notations import (
    Notation,
    dates,
    decimals,
    problem_of_amount,
    problem_of_date,
)
from apps.transactions.adapters.statements.statement import (
    MOST_LINES,
    Hints,
    Line,
    Rejected,
    Statement,
    UnreadableStatementError,
    cleaned,
    oldest_first,
)
from vortex.papers.text import unguarded

_DELIMITERS: Final = ",;\t|"
_PREAMBLE: Final = 30
_SIGNS: Final = {
    **dict.fromkeys(("debit", "dr", "d", "af", "soll", "s", "out", "dbit"), -1),
    **dict.fromkeys(("credit", "cr", "c", "bij", "haben", "h", "in", "crdt"), 1),
}
_SHOWN: Final = 10
_WIDEST: Final = 40
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row below the header, with the line of the file on which it ends."""

    line: int
    fields: tuple[str, ...]


class Delimited:
    """Reads comma, semicolon, tab and bar separated statements with a header."""

    name = "CSV"

    def recognises(self, content: bytes) -> bool:
        """Say whether the content is text whose first rows hold a delimiter."""
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return True
        start = content[:8192]
        return b"\0" not in start and any(ord(d) in start for d in _DELIMITERS)

    def read(self, content: bytes, currency: str, hints: Hints) -> Statement:
        """Return the statement; the currency is the account's unless a column names one."""
        header, rows, rejected = _table(_decoded(content, hints.encoding), hints)
        columns = recognised(header, hints.columns)
        if hints.one_by_one:
            rows = _sound(rows, columns, currency, hints, rejected)
        if columns.currency is not None:
            _check_currency(rows, columns.currency, currency)
        booked = dates([_at(row, columns.date) for row in rows], hints.date_format)
        amounts = _amounts(rows, columns, currency, hints.decimal)
        lines = [
            Line(day, amount, _joined(row, columns.description), _joined(row, columns.counterparty))
            for row, day, amount in zip(rows, booked, amounts, strict=True)
        ]
        moving = [line for line in lines if line.amount_minor]
        return Statement(
            format=self.name,
            account="",
            currency=currency if columns.currency is not None else "",
            lines=oldest_first(moving),
            zero_lines=len(lines) - len(moving),
            notes=_notes(columns, currency),
            rejected=tuple(sorted(rejected, key=lambda one: one.place)),
        )


def sample(content: bytes, encoding: str) -> list[list[str]]:
    """Return the first rows of a text file, by the delimiter that gives most fields; [] if none."""
    try:
        text = _decoded(content, encoding)
    except UnreadableStatementError:
        return []
    tables = [[list(row.fields) for row in _rows(text, d, _SHOWN)] for d in _DELIMITERS]
    best = max(tables, key=lambda rows: max((len(row) for row in rows), default=0))
    return [[cleaned(cell)[:60] for cell in row[:_WIDEST]] for row in best]


def _sound(
    rows: list[_Row], columns: Columns, currency: str, hints: Hints, rejected: list[Rejected]
) -> list[_Row]:
    """Return the rows that can be read each by itself, and put the others aside with the reason."""
    sound = []
    for row in rows:
        problem = _problem(row, columns, currency, hints)
        if problem:
            rejected.append(_rejected(row, problem))
        else:
            sound.append(row)
    if not sound:
        raise UnreadableStatementError(rejected[0].reason)
    return sound


def _problem(row: _Row, columns: Columns, currency: str, hints: Hints) -> str:
    if columns.currency is not None and row.fields[columns.currency].upper() != currency:
        return _other_currency(row, columns.currency, currency)
    problem = problem_of_date(_at(row, columns.date), hints.date_format)
    places = (columns.amount, columns.debit, columns.credit)
    filled = [_at(row, place) for place in places if place is not None and row.fields[place]]
    for amount in filled:
        problem = problem or problem_of_amount(amount, currency, hints.decimal)
    return problem or ("" if filled else f"Line {row.line} has no amount.")


def _rejected(row: _Row, reason: str) -> Rejected:
    return Rejected(row.line, cleaned(" ".join(row.fields)), reason)


def _decoded(content: bytes, encoding: str) -> str:
    named = encoding or _by_mark(content)
    try:
        text = content.decode(named).removeprefix("\ufeff")
    except LookupError as error:
        raise UnreadableStatementError(f"There is no encoding {encoding[:20]!r}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableStatementError(
            f"The file is not written in {named.upper()}. Say how with --encoding, which is mostly "
            "cp1252 (Western Europe) or cp1250 (Central Europe)."
        ) from error
    if _BINARY.search(text):
        raise UnreadableStatementError("The file holds control characters and is not a CSV file.")
    return text


def _by_mark(content: bytes) -> str:
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"


def _table(text: str, hints: Hints) -> tuple[tuple[str, ...], list[_Row], list[Rejected]]:
    """Return header and rows as the one delimiter gives them under which a header is found."""
    found = []
    for delimiter in _DELIMITERS:
        start = _header(_rows(text, delimiter, _PREAMBLE), hints)
        if start is not None:
            found.append((delimiter, start))
    if not found:
        raise UnreadableStatementError(
            "No row among the first 30 names a date column and an amount column. Name them as in "
            "--column date=Buchung --column amount=Betrag; the other names are description, "
            "counterparty, debit, credit and currency."
        )
    if len(found) > 1:
        raise UnreadableStatementError("The file can be read with more than one delimiter.")
    delimiter, start = found[0]
    rows = _rows(text, delimiter, MOST_LINES + _PREAMBLE)
    rejected: list[Rejected] = []
    kept = _below(rows, start, rejected)
    if rejected and not hints.one_by_one:
        raise UnreadableStatementError(rejected[0].reason)
    return rows[start].fields, kept, rejected


def _rows(text: str, delimiter: str, most: int) -> list[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[_Row] = []
    try:
        for fields in reader:
            rows.append(_Row(reader.line_num, tuple(field.strip() for field in fields)))
            if len(rows) >= most:
                break
    except csv.Error as error:
        if most > _PREAMBLE:
            raise UnreadableStatementError(f"Line {reader.line_num}: {error}.") from error
    return rows


def _header(rows: Sequence[_Row], hints: Hints) -> int | None:
    for place, row in enumerate(rows):
        try:
            recognised(row.fields, hints.columns)
        except UnreadableStatementError:
            continue
        return place
    return None


def _below(rows: list[_Row], start: int, rejected: list[Rejected]) -> list[_Row]:
    width = len(rows[start].fields)
    kept = []
    for row in rows[start + 1 :]:
        if not any(row.fields):
            continue
        if len(row.fields) < width or any(row.fields[width:]):
            reason = f"Line {row.line} has {len(row.fields)} fields, the header has {width}."
            rejected.append(_rejected(row, reason))
        else:
            kept.append(row)
    if not kept and rejected:
        raise UnreadableStatementError(rejected[0].reason)
    if not kept:
        raise UnreadableStatementError("The file has a header and no lines below it.")
    if len(rows) > MOST_LINES:
        raise UnreadableStatementError(f"The file has more than {MOST_LINES:,} lines.")
    return kept


def _amounts(rows: list[_Row], columns: Columns, currency: str, decimal: str) -> list[int]:
    if columns.amount is not None:
        signed = decimals([_at(row, columns.amount) for row in rows], currency, decimal)
        return _directed(rows, signed, columns)
    assert columns.debit is not None
    assert columns.credit is not None
    debits = [_at(row, columns.debit) for row in rows]
    credits_ = [_at(row, columns.credit) for row in rows]
    filled = [n for pair in zip(debits, credits_, strict=True) for n in pair if n.text]
    values = iter(decimals(filled, currency, decimal))
    amounts = []
    for debit, credit in zip(debits, credits_, strict=True):
        taken = abs(next(values)) if debit.text else 0
        given = next(values) if credit.text else 0
        if (taken and given) or not (debit.text or credit.text):
            raise UnreadableStatementError(
                f"Line {debit.line} has not one amount but {_how(taken)}."
            )
        amounts.append(given - taken)
    return amounts


def _how(taken: int) -> str:
    return "two, a debit and a credit" if taken else "none"


def _directed(rows: list[_Row], amounts: list[int], columns: Columns) -> list[int]:
    """Give amounts the sign that a column of debits and credits says, where there is one."""
    place = _direction(rows, columns)
    if place is None:
        return amounts
    signs = [_SIGNS[row.fields[place].casefold()] for row in rows]
    if min(amounts) < 0:
        for row, amount, sign in zip(rows, amounts, signs, strict=True):
            if amount * sign < 0:
                raise UnreadableStatementError(
                    f"Line {row.line}: the sign of the amount and {row.fields[place]!r} contradict."
                )
        return amounts
    return [amount * sign for amount, sign in zip(amounts, signs, strict=True)]


def _direction(rows: list[_Row], columns: Columns) -> int | None:
    for place in columns.unknown:
        if all(row.fields[place].casefold() in _SIGNS for row in rows):
            return place
    return None


def _check_currency(rows: list[_Row], place: int, currency: str) -> None:
    for row in rows:
        if row.fields[place].upper() != currency:
            raise UnreadableStatementError(_other_currency(row, place, currency))


def _other_currency(row: _Row, place: int, currency: str) -> str:
    said = row.fields[place][:12]
    return f"Line {row.line} is in {said!r} and the account is kept in {currency}."


def _at(row: _Row, place: int) -> Notation:
    return Notation(row.line, row.fields[place])


def _joined(row: _Row, places: tuple[int, ...]) -> str:
    # Our own exports put an apostrophe in front of what a spreadsheet would run.
    return cleaned(" ".join(unguarded(row.fields[place]) for place in places))


def _notes(columns: Columns, currency: str) -> tuple[str, ...]:
    if columns.currency is not None:
        return ()
    return (f"The file does not name its currency; {currency} is assumed.",)
