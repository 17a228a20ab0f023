"""E-mail addresses as identities: one spelling per mailbox, and no look-alikes.

An address is kept in ASCII: the local part as it is, the domain as its A-labels (RFC 5890). A
Cyrillic letter in the local part is refused, and in the domain it shows as `xn--…`, which nobody
takes for a Latin one. `user+tag` and `user` stay two identities: only the mail provider knows
whether they are one mailbox.
"""

import re
import unicodedata
from typing import Final

import idna

from apps.auth.contracts import InvalidEmail

LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
# A dot-atom of RFC 5322; quoted local parts exist on paper only.
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TOP_LEVEL: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")


def canonical_email(text: str) -> str:
    """Return the one spelling of an address: folded, in lower case, domain in ASCII."""
    if len(text) > LONGEST:
        raise InvalidEmail(f"an address has at most {LONGEST} characters")
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).lower().rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise InvalidEmail("the part before the @ is not one that mail is sent to")
    canonical = f"{local}@{_ascii_domain(domain)}"
    if len(canonical) > LONGEST:
        raise InvalidEmail(f"an address has at most {LONGEST} characters")
    return canonical


def _ascii_domain(domain: str) -> str:
    _refuse_mixed_scripts(domain)
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidEmail("the part after the @ is not a domain name") from error
    _, dot, top_level = ascii_domain.rpartition(".")
    if not dot or not _TOP_LEVEL.fullmatch(top_level):
        raise InvalidEmail("the part after the @ is not a domain name")
    return ascii_domain


def _refuse_mixed_scripts(domain: str) -> None:
    """Refuse a label such as раypal, which no honest registrant needs (Unicode TR 39, 5.2)."""
    for label in domain.split("."):
        scripts = {_script(letter) for letter in label if letter.isalpha()}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1:
            raise InvalidEmail("the domain mixes alphabets that look alike")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
