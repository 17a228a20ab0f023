"""Telephone numbers: one spelling (E.164), of a country that is served, of a kind that gets SMS.

Which countries are served is a list of regions (ISO 3166) and not of calling codes: +1 is the
United States and two dozen islands, where networks may pay whoever sends them traffic, and +44 is
Jersey too.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

from vortex.errors import Invalid

LONGEST: Final = 40
# Another number is no second factor on the day on which it came, unless more than SMS vouched.
RESTS_FOR: Final = timedelta(hours=24)
_TYPED: Final = re.compile(r"\+[\d ()./\u2010-\u2015-]+")
# North America does not tell mobile numbers from others.
_KINDS: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_SHOWN: Final = 3
_BLOCK: Final = 4


class InvalidPhone(Invalid, code="invalid_phone", title="Telephone number not accepted"):
    """The text is not the number of a telephone, with the code of its country."""


class PhoneNotServed(Invalid, code="phone_not_served", title="Telephone number not served"):
    """No SMS is sent there: not to this country, or not to a number of this kind."""


def canonical_phone(text: str, *, regions: Collection[str]) -> str:
    """Return a number in E.164, or refuse: InvalidPhone for what is none, PhoneNotServed else.

    It has to begin with the code of its country, as `+49` or `0049`. Numbers that cost whoever
    calls them, and those that are no mobile telephone's, are not served.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    typed = f"+{typed[2:]}" if typed.startswith("00") else typed
    if len(typed) > LONGEST or not _TYPED.fullmatch(typed):
        raise InvalidPhone("write the number with the code of its country, such as +49 171 3920042")
    try:
        number = phonenumbers.parse(typed, None)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone from error
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone
    if phonenumbers.region_code_for_number(number) not in regions:
        raise PhoneNotServed("numbers of this country are not served")
    if phonenumbers.number_type(number) not in _KINDS:
        raise PhoneNotServed("the number is not one of a mobile telephone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(number: str) -> str:
    """Return what of a number may be shown to whoever has not proved to be its owner."""
    return f"\u2022\u2022\u2022\u2022 {number[-_SHOWN:]}" if number else ""


def block_of(number: str) -> str:
    """Return the block of ten thousand numbers that a number is in; networks are given blocks."""
    return number[:-_BLOCK]
