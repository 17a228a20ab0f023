"""Password hashes: argon2 through Django's hashers, the same work for known and unknown people."""

import threading
from functools import cache
from typing import Final

from django.contrib.auth import hashers
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# Each hash fills memory on purpose. A flood of sign-ins waits here instead of filling all of it.
_AT_A_TIME: Final = threading.BoundedSemaphore(4)


def hashed(password: str) -> str:
    """Return the hash that is stored of a password."""
    with _AT_A_TIME:
        return hashers.make_password(password)


def unusable() -> str:
    """Return what is stored where nobody can sign in with a password."""
    return hashers.make_password(None)


def is_usable(stored: str) -> bool:
    """Say whether somebody could sign in by a password at all."""
    return bool(hashers.is_password_usable(stored))


def proves(password: str, stored: str | None) -> bool:
    """Say whether a password is the one that a hash was made of.

    Without a hash, or with one that no password can match, a made-up one is compared instead, so
    that the answer comes no sooner.
    """
    usable = stored if stored is not None and hashers.is_password_usable(stored) else None
    with _AT_A_TIME:
        matches = hashers.check_password(password, usable or _nobodys())
    return usable is not None and matches


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made by another algorithm or with other parameters than today's."""
    preferred = hashers.get_hasher("default")
    return hashers.identify_hasher(stored).algorithm != preferred.algorithm or bool(
        preferred.must_update(stored)
    )


def is_common(password: str) -> bool:
    """Say whether a password is on the list of those that are tried first (kept offline)."""
    try:
        _common().validate(password)
    except ValidationError:
        return True
    return False


@cache
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()


@cache
def _nobodys() -> str:
    return hashers.make_password("nobody has this password")
