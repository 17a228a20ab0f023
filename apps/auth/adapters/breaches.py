"""Passwords of breaches, offline: sorted hashes that the operator builds, searched in place.

The file is a line of magic and then the first bytes of SHA-1 hashes, each once, in order. It is
mapped and not read, so a process pays for the pages that it touches: some thirty of them per
password. No password and no part of its hash leaves the bank.
"""

import hashlib
import mmap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

from vortex.errors import Unavailable

_MAGIC: Final = b"vortex breached passwords 1\n"
# Of 64 bits, a billion hashes collide with a good password once in twenty billion times.
_WIDTH: Final = 8
_SHA1_LETTERS: Final = 40


class BreachListUnavailable(
    Unavailable, code="breach_list_unavailable", title="Cannot judge passwords now"
):
    """The list of breached passwords that the operator has named cannot be read."""


class NotSortedError(ValueError):
    """The hashes do not come in order, so they are not the file that they should be."""


def is_breached(password: str) -> bool:
    """Say whether a password is on the operator's list; never where there is no list."""
    path = str(settings.VORTEX_BREACHED_PASSWORDS)
    return bool(path) and _holds(_opened(path), _digest(password))


def build(hashes: Iterable[bytes], target: Path) -> int:
    """Write a list of hashes that come in order and return how many; half a list is none."""
    unfinished = target.with_suffix(f"{target.suffix}.part")
    written = 0
    with unfinished.open("wb") as file:
        file.write(_MAGIC)
        last = b""
        for digest in hashes:
            kept = digest[:_WIDTH]
            if kept < last:
                raise NotSortedError(f"hash {written + 1} is smaller than the one before")
            if kept != last:
                file.write(kept)
                written += 1
            last = kept
    unfinished.replace(target)
    return written


def hashes_in(lines: Iterable[str], *, seen_at_least: int) -> Iterator[bytes]:
    """Yield the hashes of `HASH:COUNT` lines, of passwords that were seen often enough."""
    for number, line in enumerate(lines, start=1):
        digits, _, count = line.strip().partition(":")
        if not digits:
            continue
        if len(digits) != _SHA1_LETTERS:
            raise ValueError(f"line {number} is no SHA-1 hash with a count")
        if int(count or 1) >= seen_at_least:
            yield bytes.fromhex(digits)


def hashes_of(words: Iterable[str]) -> list[bytes]:
    """Return the hashes of a list of words, in order."""
    return sorted({_digest(word.rstrip("\r\n")) for word in words})


def _digest(password: str) -> bytes:
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()


def _holds(mapped: mmap.mmap, digest: bytes) -> bool:
    wanted, low, high = digest[:_WIDTH], 0, (len(mapped) - len(_MAGIC)) // _WIDTH
    while low < high:
        middle = (low + high) // 2
        at = len(_MAGIC) + middle * _WIDTH
        found = mapped[at : at + _WIDTH]
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


@cache
def _opened(path: str) -> mmap.mmap:
    try:
        with Path(path).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # not there, not ours to read, or empty
        raise BreachListUnavailable(retry_after=60) from error
    if not mapped[: len(_MAGIC)] == _MAGIC or (len(mapped) - len(_MAGIC)) % _WIDTH:
        raise BreachListUnavailable(retry_after=60)
    return mapped
