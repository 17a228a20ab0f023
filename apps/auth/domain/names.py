"""What a person may call themselves: anything that a screen can show.

A name is kept exactly as it was written, in any script; whoever shows it escapes it.
"""

import unicodedata
from typing import Final

from apps.auth.contracts import InvalidName

LONGEST: Final = 120
LONGEST_LABEL: Final = 64


def checked_name(text: str) -> str:
    """Return a name as it was written, or refuse it."""
    if len(text) > LONGEST:
        raise InvalidName(f"a name has at most {LONGEST} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidName("a name has no control characters")
    if not text.strip():
        raise InvalidName("a name is not empty")
    return text


def checked_label(text: str) -> str:
    """Return what somebody calls a thing of theirs, such as a passkey, or refuse it."""
    if len(text) > LONGEST_LABEL:
        raise InvalidName(f"a name has at most {LONGEST_LABEL} characters")
    return checked_name(text.strip())
