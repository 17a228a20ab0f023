"""Text of customers made safe for a format that gives some characters a meaning of their own."""

import re
import unicodedata
from typing import Final

# What XML 1.0 cannot carry at all, and what would turn a line's reading direction around.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)

# OWASP's list, also in the full width that East Asian keyboards give.
_BEGINS_A_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "|",
    "%",
    *"\uff1d\uff0b\uff0d\uff20",
)
_SKIPPED_BY_SPREADSHEETS: Final = " \u00a0\u200b\ufeff"


def plain(text: str) -> str:
    """Return a text on one line, without what no format can carry."""
    without = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    return " ".join(_UNPRINTABLE.sub("", without).split())


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe stands in front."""
    said = text.lstrip(_SKIPPED_BY_SPREADSHEETS)
    return f"'{text}" if said.startswith(_BEGINS_A_FORMULA) else text


def unguarded(text: str) -> str:
    """Return a text without the apostrophe that `guarded` put in front of it."""
    bare = text.removeprefix("'")
    return bare if guarded(bare) == text else text


def drawable(text: str, known: frozenset[int]) -> str:
    """Return a text with letters that a font has: accents that it lacks are left off."""
    letters = unicodedata.normalize("NFC", plain(text))
    return "".join(_drawn(letter, known) for letter in letters if letter.isprintable())


def _drawn(letter: str, known: frozenset[int]) -> str:
    if ord(letter) in known:
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if ord(part) in known)
    return bare or "?"
