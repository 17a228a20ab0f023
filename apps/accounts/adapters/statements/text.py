"""Text of customers made safe for a format that gives some characters a meaning of their own."""

import re
import unicodedata
from typing import Final

# What XML 1.0 cannot carry at all, and what would turn a line's reading direction around.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)

# Also in the full width that East Asian keyboards give.
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(text: str) -> str:
    """Return a text on one line, without what no format can carry."""
    without = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    return " ".join(_UNPRINTABLE.sub("", without).split())


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula (OWASP's rule: a quote in front)."""
    said = plain(text)
    return f"'{said}" if said.startswith(_BEGINS_A_FORMULA) else said


def drawable(text: str, known: frozenset[int]) -> str:
    """Return a text with letters that a font has: accents that it lacks are left off."""
    return "".join(_drawn(character, known) for character in plain(text))


def _drawn(character: str, known: frozenset[int]) -> str:
    if ord(character) in known:
        return character
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if ord(part) in known)
    return bare or "?"
