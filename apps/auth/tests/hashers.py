"""Argon2 that keeps count of its work, so that tests can say how often a password was looked at."""

from collections.abc import Callable
from typing import ClassVar

from vortex.testing.hashers import QuickHasher


class CountingHasher(QuickHasher):
    """The quick hasher; `work` names what it did, `meanwhile` runs before each comparison."""

    work: ClassVar[list[str]] = []
    meanwhile: ClassVar[Callable[[], object]] = staticmethod(lambda: None)

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        self.work.append("hashed")
        return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password."""
        self.work.append("compared")
        type(self).meanwhile()
        return bool(super().verify(password, encoded))
