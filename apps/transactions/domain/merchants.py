"""Merchants by their statement strings: the same shop under many spellings is one merchant."""

import re
from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz, process

_NOISE: Final = re.compile(
    r"\b(?:gmbh|ltd|limited|inc|llc|plc|s\.?r\.?o|ag|kg|bv|sa|co|www|com|pos|card|visa|paypal)\b"
    r"|[^a-z ]"
)
_ALIKE: Final = 92
_LONGEST: Final = 80


def normal(text: str) -> str:
    """Return a merchant string without case, numbers, punctuation and legal forms."""
    plain = _NOISE.sub(" ", text[:_LONGEST].casefold())
    return " ".join(plain.split())


def merchants(texts: Iterable[str]) -> dict[str, str]:
    """Return for each text the merchant that it names, spelt as its first text is.

    Texts are the same merchant where they are equal once normalised, or nearly (token order does
    not count). A text that normalises to nothing is a merchant of its own.
    """
    known: dict[str, str] = {}
    found: dict[str, str] = {}
    for text in texts:
        key = normal(text)
        if not key:
            found[text] = text
            continue
        if key not in known:
            near = process.extractOne(
                key, known.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE
            )
            known[key] = known[near[0]] if near else " ".join(text.split())
        found[text] = known[key]
    return found
