"""What a password must be: long enough, readable, and nothing more.

Length is what makes guessing hard; rules about capitals and signs only make people write passwords
down (NIST SP 800-63B, 3.1.1.2). The list of common passwords is an adapter's business.
"""

import re
import unicodedata
from typing import Final

from apps.auth.contracts import WeakPassword

SHORTEST: Final = 12
LONGEST: Final = 128
# Everyone who has read the manual knows it, so it opens a demonstration and nothing else.
DEMONSTRATION: Final = "vortex-demo-2026"
# Normalising and hashing cost time in proportion; nobody's pass phrase is longer than this.
_LONGEST_TYPED: Final = 1024


# Words that stand to reason at this bank (ASVS V6.1.2): a password is not made of them.
CONTEXT_WORDS: Final = (
    *("vortexcore", "vortex", "core", "banking", "bank", "account", "money", "euro", "savings"),
    *("password", "passwort", "passphrase", "passcode", "secret", "login", "signin", "welcome"),
    *("customer", "administrator", "admin", "staff", "support", "hello", "letmein", "qwerty"),
)
# What has to be left of a password without them, and without digits and signs.
_LETTERS_OF_ITS_OWN: Final = 4
_SHORTEST_WORD: Final = 3


def words_of(*texts: str) -> tuple[str, ...]:
    """Return the words of names and addresses that a password shall not be made of."""
    found = (word for text in texts for word in re.split(r"[^\w]+", text.lower()))
    return tuple(word for word in found if len(word) >= _SHORTEST_WORD)


def is_made_of(password: str, own_words: tuple[str, ...]) -> bool:
    """Say whether nothing is left of a password without the bank's words and one's own name."""
    rest = password.lower()
    for word in sorted({*CONTEXT_WORDS, *own_words}, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return sum(character.isalpha() for character in rest) < _LETTERS_OF_ITS_OWN


def normalised(typed: str) -> str:
    """Return a password in the form in which it is hashed, the same from every keyboard (NFKC).

    Refuses what cannot be typed, or is too long to be looked at; says nothing about strength.
    """
    if len(typed) > _LONGEST_TYPED:
        raise WeakPassword(f"a password has at most {LONGEST} characters")
    if "\x00" in typed or any("\ud800" <= character <= "\udfff" for character in typed):
        raise WeakPassword("a password is text without NUL")
    return unicodedata.normalize("NFKC", typed)


def acceptable(typed: str) -> str:
    """Return the normalised form of a password that may be set, or refuse it."""
    password = normalised(typed)
    if len(password) < SHORTEST:
        raise WeakPassword(f"a password has at least {SHORTEST} characters", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise WeakPassword(f"a password has at most {LONGEST} characters", longest=LONGEST)
    return password
