"""What an alias may be, and which two are too alike to be two people's.

An alias has no letter that another script has a double of: a to z, digits, and a dot or a low line
between them. What still looks alike (0 and o, 1 and l, rn and m) has one skeleton, and a skeleton
belongs to one person.
"""

import re
from typing import Final

from apps.accounts.contracts import AliasReserved, InvalidAlias

_FORM: Final = re.compile(r"[a-z](?:[._]?[a-z0-9])+", re.ASCII)
_SHORTEST, _LONGEST = 3, 24
# Single letters first: "c1" looks like "cl", which looks like "d".
_LOOKS_LIKE: Final = (
    *((".", ""), ("_", ""), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("2", "z")),
    *(("3", "e"), ("4", "a"), ("7", "t"), ("8", "b"), ("6", "b"), ("9", "g"), ("q", "g")),
    *(("rn", "m"), ("vv", "w"), ("cl", "d")),
)
_RESERVED: Final = (
    *("admin", "administrator", "root", "system", "staff", "bank", "banking", "official"),
    *("support", "help", "helpdesk", "service", "security", "fraud", "police", "compliance"),
    *("payment", "payments", "payout", "refund", "refunds", "billing", "invoice", "card", "cards"),
    *("account", "accounts", "transfer", "transfers", "deposit", "deposits", "loan", "loans"),
    *("everyone", "everybody", "nobody", "null", "none", "undefined", "test", "example"),
    *("api", "www", "mail", "postmaster", "webmaster", "info", "noreply", "abuse", "legal"),
    *("visa", "mastercard", "iban", "swift", "sepa", "tax", "taxes", "government"),
)
# Nobody speaks for the bank, whatever stands around its name.
_NEVER_WITHIN: Final = ("vortex",)


def canonical(text: str) -> str:
    """Return an alias as it is stored, in small letters without the sign; refuse what is none."""
    said = text.strip().removeprefix("@").lower()
    if not text.isascii() or not _SHORTEST <= len(said) <= _LONGEST or not _FORM.fullmatch(said):
        raise InvalidAlias(
            f"an alias has {_SHORTEST} to {_LONGEST} of the letters a to z, digits, and a dot or a"
            " low line between them; it begins with a letter"
        )
    return said


def skeleton(alias: str) -> str:
    """Return what an alias looks like: those that look alike have the same."""
    for written, seen in _LOOKS_LIKE:
        alias = alias.replace(written, seen)
    return alias


def check_free(alias: str) -> None:
    """Refuse an alias that looks like a word which speaks for the bank or for nobody."""
    seen = skeleton(alias)
    if seen in _RESERVED_SKELETONS or any(word in seen for word in _NEVER_WITHIN_SKELETONS):
        raise AliasReserved(alias=alias)


_RESERVED_SKELETONS: Final = frozenset(map(skeleton, _RESERVED))
_NEVER_WITHIN_SKELETONS: Final = tuple(map(skeleton, _NEVER_WITHIN))
