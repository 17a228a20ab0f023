"""Formats in which another bank hands over its people, accounts and movements."""

from pathlib import Path

from apps.transactions.adapters.banks.berka import Berka
from apps.transactions.adapters.banks.dump import BankDump, UnreadableDumpError

_FORMATS: dict[str, type[BankDump]] = {"berka": Berka}
FORMATS = tuple(_FORMATS)


def open_dump(format_: str, directory: Path) -> BankDump:
    """Return the dump of another bank kept in a directory; nothing is read yet."""
    return _FORMATS[format_](directory)


__all__ = ["FORMATS", "BankDump", "UnreadableDumpError", "open_dump"]
