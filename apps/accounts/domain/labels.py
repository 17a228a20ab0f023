"""What a holder may write on an account, and what of a holder's name others may read.

A nickname is kept exactly as it was written, mark-up and right-to-left text included: whoever shows
it escapes it. Only what no screen can show, control characters, is refused.
"""

import unicodedata
from typing import Final

from apps.accounts.contracts import InvalidNickname

LONGEST_NICKNAME: Final = 64


def checked_nickname(text: str) -> str:
    """Return the nickname as it was written, or refuse it."""
    if len(text) > LONGEST_NICKNAME:
        raise InvalidNickname(f"a nickname has at most {LONGEST_NICKNAME} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidNickname("a nickname has no control characters")
    return text


def masked_name(full_name: str) -> str:
    """Return a name by which an acquaintance is recognised and a stranger is not: A••• L•••."""
    return " ".join(f"{word[0]}•••" for word in full_name.split()) or "•••"
