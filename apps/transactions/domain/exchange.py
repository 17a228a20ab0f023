"""Exchanging currencies: exact decimals, rounded once, never in favour of the one who asks."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Final

from vortex.money import Money, exponent

_EXACT: Final = Context(prec=60)
_MILLION: Final = 1_000_000


def converted(source: Money, target_currency: str, *, rate: Decimal, spread_ppm: int) -> Money:
    """Return what a source amount buys at a rate less the bank's spread, rounded down."""
    units = Decimal(source.minor).scaleb(-exponent(source.currency), _EXACT)
    kept = Decimal(_MILLION - spread_ppm) / _MILLION
    exact = _EXACT.multiply(_EXACT.multiply(units, rate), kept)
    shifted = exact.scaleb(exponent(target_currency), _EXACT)
    return Money(int(shifted.to_integral_value(ROUND_FLOOR, _EXACT)), target_currency)


def fee_of(source: Money, fee_ppm: int) -> Money:
    """Return the fee on a source amount, in its currency, rounded up."""
    exact = Decimal(source.minor * fee_ppm) / _MILLION
    return Money(int(exact.to_integral_value(ROUND_CEILING)), source.currency)
