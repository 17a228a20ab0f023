"""JSON bodies, read strictly: what two readers could understand differently is not read at all."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, Final

from django.conf import settings
from rest_framework.parsers import BaseParser

from vortex.http.refusals import BodyTooLarge, ParseError, UnsupportedMediaType

DEEPEST: Final = 64
_INTEGER_DIGITS: Final = 20
_INTEGERS: Final = range(-(2**63), 2**63)


class StrictJSONParser(BaseParser):
    """Reads UTF-8 JSON (RFC 8259) as I-JSON (RFC 7493) with limits.

    Refuses with body_too_large (413), unsupported_media_type for another charset (415), and
    parse_error (400) for: bytes that are not UTF-8, a byte order mark, a key twice, NaN and
    Infinity, whole numbers beyond 64 bits, fractions that overflow, NUL, half a surrogate pair,
    more than 64 levels.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value of the body."""
        del parser_context
        check_charset(media_type or "")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"the body may have {limit} bytes", limit_bytes=limit)
        return read(body)


def read(body: bytes) -> Any:
    """Return the value that JSON bytes say; refuses with parse_error."""
    try:
        value = _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise ParseError("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise ParseError(f"the body has more than {DEEPEST} levels") from None
    _check(value)
    return value


def next_value(text: str, at: int) -> tuple[Any, int] | None:
    """Return the value that begins at a place of a text, and where it ends.

    None where the text ends before the value does, or where no value begins: whoever has no more of
    the text knows which. Refuses, as `read` does, what is read in two ways.
    """
    try:
        value, end = _decoder.raw_decode(text, at)
    except json.JSONDecodeError:
        return None
    except RecursionError:
        raise ParseError(f"the body has more than {DEEPEST} levels") from None
    _check(value)
    return value, end


def check_charset(media_type: str) -> None:
    """Refuse JSON that says it is not UTF-8."""
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("JSON is UTF-8")


def _check(value: Any) -> None:
    """Walk the whole value once, without recursion."""
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict | list):
            if depth > DEEPEST:
                raise ParseError(f"the body has more than {DEEPEST} levels")
            pending.extend((inner, depth + 1) for inner in item)
            if isinstance(item, dict):
                pending.extend((inner, depth + 1) for inner in item.values())


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError("a text has a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError("a text has half a surrogate pair")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ParseError(f"the key {twice[:60]!r} appears twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) <= _INTEGER_DIGITS and (number := int(digits)) in _INTEGERS:
        return number
    raise ParseError("a whole number is beyond 64 bits")


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ParseError("a number is beyond what a double can hold")
    return number


def _constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON")


# msgspec decodes faster and takes the last of two equal keys, which is where readers differ.
_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)
