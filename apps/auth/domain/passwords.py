"""What a password must be: long enough, readable, and nothing more.

Length is what makes guessing hard; rules about capitals and signs only make people write passwords
down (NIST SP 800-63B, 3.1.1.2). The list of common passwords is an adapter's business.
"""

import unicodedata
from typing import Final

from apps.auth.contracts import WeakPassword

SHORTEST: Final = 12
LONGEST: Final = 128
# Everyone who has read the manual knows it, so it opens a demonstration and nothing else.
DEMONSTRATION: Final = "vortex-demo-2026"
# Normalising and hashing cost time in proportion; nobody's pass phrase is longer than this.
_LONGEST_TYPED: Final = 1024


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
