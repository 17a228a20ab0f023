"""Money is whole minor units and a currency; no float ever comes near it."""

import re
from functools import cache
from typing import Final

import msgspec
import pycountry

from vortex.errors import Invalid

# PostgreSQL keeps amounts as bigint; a thousandth of its range leaves room for every sum.
MAX_MINOR: Final = 9_000_000_000_000_000

# ISO 4217 gives every other currency two decimals.
_EXPONENTS: Final = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_POWERS: Final = (1, 10, 100, 1_000, 10_000)
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,4}))?", re.ASCII)


class UnknownCurrency(Invalid, code="unknown_currency", title="Unknown currency"):
    """The currency is not an ISO 4217 code."""


class InvalidAmount(Invalid, code="invalid_amount", title="Invalid amount"):
    """The amount is not a plain decimal with the decimals that its currency has."""


class CurrencyMismatch(Invalid, code="currency_mismatch", title="Currencies differ"):
    """Amounts of two currencies meet where one currency is needed."""


@cache
def exponent(currency: str) -> int:
    """Return how many decimals an ISO 4217 currency has; refuse an unknown one."""
    known = pycountry.currencies.get(alpha_3=currency)
    if known is None or known.alpha_3 != currency:  # the register takes "eur" for EUR, we do not
        raise UnknownCurrency(f"{currency[:12]!r} is not an ISO 4217 code")
    return _EXPONENTS.get(currency, 2)


def decimal(minor: int, currency: str) -> str:
    """Return minor units as a decimal string with the decimals of the currency, such as "12.34"."""
    places = exponent(currency)
    if not places:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), _POWERS[places])
    return f"{sign}{whole}.{rest:0{places}}"


def written(minor: int, currency: str) -> dict[str, str]:
    """Return minor units as the API writes money: `{"amount": "12.34", "currency": "EUR"}`."""
    return {"amount": decimal(minor, currency), "currency": currency}


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in whole minor units (cents, pence, yen) and its ISO 4217 currency."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Return the money that a decimal string such as "12.34" says.

        Refuses what is not plain decimal notation (NaN, exponents, spaces, grouping), more decimals
        than the currency has, and what is beyond the ledger's range.
        """
        places = exponent(currency)
        match = _DECIMAL.fullmatch(amount)
        if match is None:
            raise InvalidAmount(f"{amount[:40]!r} is not a decimal amount such as 12.34")
        decimals = match[2] or ""
        if len(decimals) > places:
            raise InvalidAmount(
                f"{currency} has {places} decimals, the amount has {len(decimals)}",
                currency=currency,
                decimals=places,
            )
        digits = int(match[1] + decimals.ljust(places, "0"))
        if digits > MAX_MINOR:
            raise InvalidAmount("the amount is beyond what the ledger can hold")
        return cls(-digits if amount.startswith("-") else digits, currency)

    @property
    def amount(self) -> str:
        """The decimal string with exactly the decimals of the currency, such as "12.34"."""
        return decimal(self.minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def split(self, weights: tuple[int, ...]) -> tuple["Money", ...]:
        """Share the money by whole weights; the parts always add up to the whole.

        Odd minor units go one each to the parts with the largest remainders, earlier parts first
        (Hamilton's method).
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights are whole, not negative and not all zero")
        shares = [divmod(self.minor * weight, total) for weight in weights]
        odd = self.minor - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
        lucky = set(by_remainder[:odd])
        return tuple(
            Money(share + (i in lucky), self.currency) for i, (share, _) in enumerate(shares)
        )

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
