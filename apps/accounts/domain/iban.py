"""International bank account numbers (ISO 13616) of a bank that does not exist.

Sterling accounts are kept in the United Kingdom and all others in Germany, where the bank has its
seat; a German bank may keep any currency. The bank codes can never meet a real bank: no German
Bankleitzahl starts with 9 (the first digit is the clearing area, 1 to 8), and the sort code
00-00-00 and the bank letters VRTX are assigned to nobody.
"""

import hashlib
from typing import Final, NamedTuple
from uuid import UUID

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from apps.accounts.contracts import InvalidIban


class _House(NamedTuple):
    country: str
    bank_code: str
    branch_code: str
    digits: int


_SEAT: Final = _House("DE", "99999999", "", 10)
_HOUSES: Final = {"GBP": _House("GB", "VRTX", "000000", 8)}
_LONGEST: Final = 34
_LONGEST_WRITTEN: Final = 64


def iban_for(account_id: UUID, currency: str, attempt: int = 0) -> str:
    """Return the IBAN of an account, the same whenever it is asked.

    The account number is drawn from a digest of the id, so that it needs no counter and tells
    nobody how many accounts there are or what the next one is called. Two ids may draw the same
    number; the next `attempt` then draws another.
    """
    house = _HOUSES.get(currency, _SEAT)
    digest = hashlib.sha256(account_id.bytes + attempt.to_bytes(2)).digest()
    number = int.from_bytes(digest[:16]) % 10**house.digits
    generated = IBAN.generate(
        house.country,
        bank_code=house.bank_code,
        branch_code=house.branch_code,
        account_code=str(number).zfill(house.digits),
    )
    return str(generated)


def canonical(text: str) -> str:
    """Return an IBAN as it is stored, without spaces and in capitals; refuse what is none."""
    if len(text) > _LONGEST_WRITTEN:
        raise InvalidIban(f"an IBAN has at most {_LONGEST} characters")
    try:
        return str(IBAN("".join(text.split())))
    except SchwiftyException as error:
        raise InvalidIban("country, length, characters or check digits are wrong") from error


def masked(iban: str) -> str:
    """Return an IBAN by which its holder recognises it and nobody else can pay: DE•• •••• 1234."""
    return f"{iban[:2]}•• •••• {iban[-4:]}"


def grouped(iban: str) -> str:
    """Return an IBAN in groups of four, as it is printed."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
