"""Reading the tables of a dump row by row, so that whatever is wrong is named by file and line."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, TextIO, TypeVar

from apps.transactions.adapters.banks.dump import UnreadableDumpError

T = TypeVar("T")
Row = dict[str, str]

_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,13})\.([0-9]{2})", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{6}", re.ASCII)


def rows(
    directory: Path, table: str, columns: tuple[str, ...], decode: Callable[[Row], T]
) -> Iterator[T]:
    """Give every row of `table`.csv or `table`.csv.gz, decoded; the file is never held whole.

    Raises UnreadableDumpError for a missing file, other columns, bytes that are not UTF-8, a
    damaged archive, and whatever ValueError `decode` raises, always with file and line.
    """
    path = _found(directory, table)
    with _opened(path) as text:
        reader = csv.DictReader(text, strict=True)
        try:
            _check_header(path, reader.fieldnames, columns)
            for row in reader:
                yield _decoded(path, reader.line_num, row, len(columns), decode)
        except (csv.Error, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
            raise UnreadableDumpError(
                f"{path.name}, line {reader.line_num + 1}: cannot be read ({error})"
            ) from error


def amount(text: str) -> int:
    """Return the minor units of a decimal with exactly two places."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:30]!r} is not an amount such as 1234.50")
    minor = int(match[2]) * 100 + int(match[3])
    return -minor if match[1] else minor


def number(text: str) -> str:
    """Return a number used as a name, as it is written."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:30]!r} is not a number")
    return text


def day(text: str) -> date:
    """Return the date that YYMMDD says; the data is of the twentieth century."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text[:30]!r} is not a date written YYMMDD")
    return date(1900 + int(text[:2]), int(text[2:4]), int(text[4:]))


def _found(directory: Path, table: str) -> Path:
    for name in (f"{table}.csv.gz", f"{table}.csv"):
        if (directory / name).is_file():
            return directory / name
    raise UnreadableDumpError(f"there is no {table}.csv.gz and no {table}.csv in {directory}")


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _check_header(path: Path, found: object, wanted: tuple[str, ...]) -> None:
    if list(found or ()) != list(wanted):  # type: ignore[call-overload]
        raise UnreadableDumpError(
            f"{path.name}, line 1: its columns are {found}, expected {', '.join(wanted)}"
        )


def _decoded(path: Path, line: int, row: Row, width: int, decode: Callable[[Row], T]) -> T:
    try:
        if len(row) != width or None in row.values():
            raise ValueError(f"the row does not have {width} fields")
        return decode(row)
    except ValueError as error:
        raise UnreadableDumpError(f"{path.name}, line {line}: {error}") from error
