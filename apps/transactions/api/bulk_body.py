"""Reading a set of transfers while it comes in: few items are held, never all of them."""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from rest_framework import serializers

from apps.transactions.api.serializers import BulkItemSerializer
from apps.transactions.contracts import BulkJobNotAtomic
from apps.transactions.domain.bulk import MOST_ITEMS
from apps.transactions.services.said import SaidItem, id_of, transfer_of
from apps.transactions.services.transferring import Transfer
from vortex.errors import Refusal
from vortex.http.parsers import next_value
from vortex.http.refusals import BodyTooLarge, ParseError

MOST_BYTES: Final = 512 * 1024 * 1024
_PIECE: Final = 64 * 1024
# No item is as long as this: what cannot be read in so much text cannot be read.
_LONGEST: Final = 64 * 1024
_BLANK: Final = " \t\n\r"


class BulkBody:
    """The body of POST /api/transactions/bulk, read once from its beginning to its end.

    `digest` is known at the end. Refuses what the body of a small set is refused for, with the same
    pointers; `atomic`; more items than a million; more bytes than half a GiB.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at, self._is_over, self._size = "", 0, False, 0
        self._count = 0

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the bytes that were read."""
        return self._hash.digest()

    def drain(self) -> bytes:
        """Read to the end without looking, and return the digest."""
        while not self._is_over:
            self._more()
            self._text, self._at = "", 0
        return self.digest

    def transfers(self) -> Iterator[Transfer]:
        """Yield the items in their order."""
        self._take("{")
        seen: set[str] = set()
        while self._peek() != "}":
            name = self._value()
            if not isinstance(name, str) or name in seen:
                raise self._broken("a key stands twice or is no text")
            seen.add(name)
            self._take(":")
            if name == "items" and self._peek() == "[":
                yield from self._items()
            else:
                _check(name, self._value())
            if not self._is_next(","):
                break
            if self._peek() == "}":
                raise self._broken("a comma stands before the end")
        self._take("}")
        if self._peek():
            raise self._broken("something stands after the end")
        if not self._count:
            kind = "empty" if "items" in seen else "required"
            raise _invalid("items", kind, "This list may not be empty.")

    def _items(self) -> Iterator[Transfer]:
        self._take("[")
        if self._is_next("]"):
            return
        while True:
            if self._count == MOST_ITEMS:
                raise _invalid("items", "max_length", f"A set has at most {MOST_ITEMS:,} items.")
            yield _item(self._value(), self._count)
            self._count += 1
            if self._is_next("]"):
                return
            self._take(",")

    def _value(self) -> Any:
        """Return the next value; at the edge of what has come in, more is read first."""
        self._peek()
        while True:
            found = next_value(self._text, self._at)
            if found is not None and (found[1] < len(self._text) or self._is_over):
                self._at = found[1]
                return found[0]
            if self._is_over or len(self._text) - self._at > _LONGEST:
                raise self._broken("no value can be read")
            self._more()

    def _peek(self) -> str:
        """Return the next character that is no blank; nothing at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_over:
                return ""
            self._more()

    def _is_next(self, character: str) -> bool:
        """Say whether the next character is this one, and pass it if so."""
        if self._peek() != character:
            return False
        self._at += 1
        return True

    def _take(self, character: str) -> None:
        if not self._is_next(character):
            raise self._broken(f"{character} is missing")

    def _more(self) -> None:
        piece = self._read(_PIECE)
        self._size += len(piece)
        if self._size > MOST_BYTES:
            raise BodyTooLarge(f"the body may have {MOST_BYTES} bytes", limit_bytes=MOST_BYTES)
        self._hash.update(piece)
        self._is_over = not piece
        try:
            more = self._decoder.decode(piece, self._is_over)
        except UnicodeDecodeError:
            raise ParseError("the body is not UTF-8") from None
        self._text, self._at = self._text[self._at :] + more, 0

    def _broken(self, what: str) -> ParseError:
        return ParseError(f"{what}, after {self._count:,} items")


def _check(name: str, value: Any) -> None:
    """Check a member other than the items; unknown ones are ignored, as in a small set."""
    if name == "items":
        raise _invalid("items", "not_a_list", "This is a list.")
    if name == "atomic" and serializers.BooleanField().run_validation(value):
        raise BulkJobNotAtomic


def _item(value: Any, place: int) -> Transfer:
    """Return an item; one that is written unusually is read as the API reads it."""
    try:
        said = msgspec.convert(value, SaidItem)
        return transfer_of(said, id_of(said.id))
    except (Refusal, ValueError, msgspec.MsgspecError):
        asked = BulkItemSerializer(data=value)
        if not asked.is_valid():
            raise serializers.ValidationError({"items": {str(place): asked.errors}}) from None
        wanted = dict(asked.validated_data)
        return Transfer(posting_id=wanted.pop("id"), **wanted)


def _invalid(field: str, code: str, detail: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(detail, code)]})
