"""What never reaches a log: credentials, card numbers, whole IBANs and the words of a memo.

The last thing that happens to a log entry before it is written, so that it also covers what
libraries log and what an exception says. A field is judged by its name, a text by its shape.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "[redacted]"

# A field whose name has one of these parts is a secret whatever it holds: `new_password`,
# `X-Token`.
_SECRET_PARTS: Final = frozenset(
    "authorization cookie credential credentials cvc cvv jwt memo narrative otp pan passcode"
    " passphrase password passwd pin remittance secret secrets ticket token tokens totp".split()
)
_WORDS: Final = frozenset(("memo", "narrative", "remittance"))  # are private, and open nothing
_SECRET_NAMES: Final = frozenset({"access", "refresh", "api_key", "apikey", "private_key"})
_PARTS: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_JWT: Final = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_PAN: Final = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,30}(?![\w-])")
_IBAN: Final = re.compile(
    r"\b[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}\b"
    r"|\b[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?\b"
)
_HEX_ID: Final = re.compile(r"[0-9a-f]{32}")  # a trace; no country has IBANs that look so
_SEPARATOR: Final = re.compile("[ -]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_DEEPEST: Final = 8
_SHORTEST: Final = 8  # no text that has to be masked is shorter


def redact(_logger: Any, _method: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a log entry (a structlog processor's event dict) without what must not be written.

    Every value comes out as plain JSON data: an object is first turned into the text that it would
    have been printed as, so that nothing hides behind a representation.
    """
    clean = {name: _field(name, value, 0) for name, value in entry.items()}
    if isinstance(entry.get("exception"), str):  # its line breaks are wanted
        clean["exception"] = "\n".join(redact_text(line) for line in entry["exception"].split("\n"))
    return clean


def holds_credentials(value: Any) -> bool:
    """Say whether plain data have a field that is named like something that opens a door."""
    if isinstance(value, Mapping):
        return any(
            names_credentials(str(name)) or holds_credentials(item) for name, item in value.items()
        )
    return isinstance(value, list) and any(map(holds_credentials, value))


@lru_cache(maxsize=2048)
def names_credentials(name: str) -> bool:
    """Say whether what is called so opens a door."""
    lower = _CAMEL.sub("_", name).lower()
    return lower in _SECRET_NAMES or not (_SECRET_PARTS - _WORDS).isdisjoint(_PARTS.split(lower))


def redact_text(text: str) -> str:
    """Return a text without tokens, passwords, card numbers, whole IBANs or control characters."""
    if len(text) >= _SHORTEST:
        if "eyJ" in text:
            text = _JWT.sub(REDACTED, text)
        if "://" in text:
            text = _USER_INFO.sub(REDACTED, text)
        text = _BEARER.sub(rf"\1 {REDACTED}", text)
        text = _IBAN.sub(_mask_iban, text)
        text = _PAN.sub(_mask_pan, text)
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _field(name: str, value: Any, depth: int) -> Any:
    if value is not None and not isinstance(value, bool) and _is_secret(name):
        return REDACTED
    return _value(value, depth)


def _value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return REDACTED if _is_pan(str(value)) else int(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _items(value, depth + 1) if depth < _DEEPEST else "[too deep]"
    return redact_text(str(value))


def _items(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _field(str(name), item, depth) for name, item in value.items()}
    return [_value(item, depth) for item in value]


@lru_cache(maxsize=2048)
def _is_secret(name: str) -> bool:
    lower = _CAMEL.sub("_", name).lower()
    return lower in _SECRET_NAMES or not _SECRET_PARTS.isdisjoint(_PARTS.split(lower))


def _mask_pan(found: re.Match[str]) -> str:
    """Redact digits in groups when some neighbouring groups together are a card number."""
    groups = _SEPARATOR.split(found[0])
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            if _is_pan("".join(groups[first : last + 1])):
                return REDACTED
    return found[0]


def _is_pan(digits: str) -> bool:
    """Say whether this looks like a card number: ISO/IEC 7812 length and check digit (Luhn)."""
    if not digits.isdigit() or not 13 <= len(digits) <= 19:
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _mask_iban(found: re.Match[str]) -> str:
    """Keep country, check digits and the last four of an IBAN, leaving the words after it alone."""
    text = found[0]
    if _HEX_ID.fullmatch(text):
        return text
    while len(text) >= 15:
        compact = text.replace(" ", "").upper()
        if _is_iban(compact):
            return f"{compact[:4]}…{compact[-4:]}{found[0][len(text) :]}"
        text = text.rpartition(" ")[0]
    return found[0]


def _is_iban(compact: str) -> bool:
    """Say whether the check digits are right (ISO 13616, mod 97)."""
    number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return int(number) % 97 == 1
