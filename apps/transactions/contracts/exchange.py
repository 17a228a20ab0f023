"""What others may say about exchange rates, and what is refused of it."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Service, command
from vortex.errors import Conflict, Invalid
from vortex.money import UnknownCurrency


class SameCurrency(Invalid, code="same_currency", title="One currency"):
    """An exchange is between two currencies."""


class RateExists(Conflict, code="rate_exists", title="Rate already set"):
    """Another rate of these currencies holds from the same moment on."""


class InvalidRate(Invalid, code="invalid_rate", title="Rate not accepted"):
    """A rate is more than nothing, and the bank keeps less than the whole of it."""


class ExchangeRates(Service, context="transactions", version=1):
    """Where the bank's exchange rates come from."""

    @command(key="rate_id", refuses=(SameCurrency, RateExists, InvalidRate, UnknownCurrency))
    def set_rate(
        self,
        *,
        rate_id: UUID,
        base: str,
        quote: str,
        rate_ppb: int,
        spread_ppm: int,
        by: UUID,
        at: datetime,
    ) -> datetime:
        """Let a unit of `base` be worth so many billionths of `quote` from a moment on; return it.

        The bank keeps `spread_ppm` millionths of it. A second call with this id changes nothing.
        """
        ...
