"""Columns of a batch as PostgreSQL's binary arrays: one buffer each, made in a pass per column.

The format is that of array_recv: dimensions, whether there are nulls, the element's type, the
length, the lower bound; then every element after its length. A column of nothing but nulls is null.
"""

import struct
from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

import psycopg
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

_NULL: Final = b"\xff\xff\xff\xff"
_DATE_ZERO: Final = date(2000, 1, 1).toordinal()
_TIME_ZERO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_uint: Final = struct.Struct("!I").pack

C = TypeVar("C", bound="Column")


class Column(bytes):
    """An encoded array; a subclass for each type tells PostgreSQL which one it is."""

    array_oid: ClassVar[int]
    element_oid: ClassVar[int]


class Uuids(Column):
    """uuid[]."""

    array_oid, element_oid = 2951, 2950


class Texts(Column):
    """text[]."""

    array_oid, element_oid = 1009, 25


class Octets(Column):
    """bytea[]."""

    array_oid, element_oid = 1001, 17


class Integers(Column):
    """int[]."""

    array_oid, element_oid = 1007, 23


class BigIntegers(Column):
    """bigint[]."""

    array_oid, element_oid = 1016, 20


class Dates(Column):
    """date[]."""

    array_oid, element_oid = 1182, 1082


class Instants(Column):
    """timestamptz[]."""

    array_oid, element_oid = 1185, 1184


def uuids(values: Sequence[UUID]) -> Uuids:
    """Encode ids."""
    return uuid_octets([value.bytes for value in values])


def uuid_octets(values: Sequence[bytes]) -> Uuids:
    """Encode ids that are 16 bytes each."""
    head = _head(Uuids, len(values))
    return Uuids(head + b"".join([b"\0\0\0\x10" + value for value in values]))


def uuids_or_nulls(values: Sequence[UUID | None]) -> Uuids | None:
    """Encode ids of which some may be missing."""
    return _with_nulls(Uuids, [None if v is None else v.bytes for v in values])


def texts(values: Sequence[str]) -> Texts:
    """Encode texts. Words that are said again and again are encoded once."""
    known: dict[str, bytes] = {}
    for value in set(values):
        octets = value.encode()
        known[value] = _uint(len(octets)) + octets
    return Texts(_head(Texts, len(values)) + b"".join([known[value] for value in values]))


def encoded_texts(values: Sequence[bytes]) -> Texts:
    """Encode texts that are UTF-8 already."""
    body = b"".join([_uint(len(value)) + value for value in values])
    return Texts(_head(Texts, len(values)) + body)


def octets(values: Sequence[bytes]) -> Octets:
    """Encode strings of bytes."""
    body = b"".join([_uint(len(value)) + value for value in values])
    return Octets(_head(Octets, len(values)) + body)


def integers(values: Sequence[int]) -> Integers:
    """Encode whole numbers of 32 bits."""
    interleaved = array("i", bytes(8 * len(values)))
    interleaved[0::2] = array("i", [4]) * len(values)
    interleaved[1::2] = array("i", values)
    if struct.pack("=I", 1) != struct.pack("!I", 1):
        interleaved.byteswap()
    return Integers(_head(Integers, len(values)) + interleaved.tobytes())


def integers_or_nulls(values: Sequence[int | None]) -> Integers | None:
    """Encode whole numbers of 32 bits of which some may be missing."""
    return _with_nulls(Integers, [None if v is None else struct.pack("!i", v) for v in values])


def big_integers(values: Sequence[int]) -> BigIntegers:
    """Encode whole numbers of 64 bits."""
    interleaved: list[int] = [8] * (2 * len(values))
    interleaved[1::2] = values
    body = struct.pack("!" + "iq" * len(values), *interleaved)
    return BigIntegers(_head(BigIntegers, len(values)) + body)


def dates_or_nulls(values: Sequence[date | None]) -> Dates | None:
    """Encode dates of which some may be missing."""
    return _with_nulls(
        Dates,
        [None if v is None else struct.pack("!i", v.toordinal() - _DATE_ZERO) for v in values],
    )


def instants_or_nulls(values: Sequence[datetime | None]) -> Instants | None:
    """Encode aware instants of which some may be missing."""
    return _with_nulls(
        Instants,
        [
            None if v is None else struct.pack("!q", (v - _TIME_ZERO) // _MICROSECOND)
            for v in values
        ],
    )


class ColumnCursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor that binds on the server, knows columns, and answers in binary."""

    @property
    def adapters(self) -> AdaptersMap:
        """Return psycopg's own adapters and those of the columns, made once for all cursors."""
        return _adapters


def _head(kind: type[Column], count: int, *, nulls: bool = False) -> bytes:
    if not count:
        return struct.pack("!iii", 0, 0, kind.element_oid)
    return struct.pack("!iiiii", 1, nulls, kind.element_oid, count, 1)


def _with_nulls(kind: type[C], values: Sequence[bytes | None]) -> C | None:
    if all(value is None for value in values):
        return None
    body = b"".join([_NULL if v is None else _uint(len(v)) + v for v in values])
    return kind(_head(kind, len(values), nulls=True) + body)


def _dumper(kind: type[Column]) -> type[Dumper]:
    class ColumnDumper(Dumper):
        format = Format.BINARY
        oid = kind.array_oid

        def dump(self, obj: Any) -> bytes:
            return obj  # type: ignore[no-any-return]

    return ColumnDumper


_adapters: Final = AdaptersMap(psycopg.adapters)
for _kind in (Uuids, Texts, Octets, Integers, BigIntegers, Dates, Instants):
    _adapters.register_dumper(_kind, _dumper(_kind))
