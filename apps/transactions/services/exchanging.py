"""Exchanging currencies through the bank's liquidity accounts, at a rate that was quoted.

A quote is used once: its row is locked, takes the posting's id, and is the rate of that posting for
ever; the posting says it in its reference too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.conf import exchange_fee_ppm
from apps.transactions.contracts import (
    LedgerAccountKind,
    Leg,
    Posted,
    Posting,
    PostingKind,
)
from apps.transactions.contracts.exchange import InvalidRate, RateExists, SameCurrency
from apps.transactions.domain.exchange import converted, fee_of
from apps.transactions.models import Quote, Rate
from apps.transactions.services.accounts import open_account
from apps.transactions.services.posting import post
from vortex.db import refusing, unit_of_work
from vortex.errors import Conflict, NotFound, Refused
from vortex.ids import derived_id
from vortex.money import CurrencyMismatch, Money, exponent
from vortex.telemetry import get_logger

QUOTE_LIVES: Final = timedelta(seconds=60)
_WHOLE_PPM: Final = 1_000_000
_OPENED: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = get_logger("transactions.exchanging")


class NoRate(Refused, code="no_exchange_rate", title="No rate for these currencies"):
    """The bank does not exchange the one currency for the other at present."""


class AmountTooSmall(Refused, code="exchange_amount_too_small", title="Too little to exchange"):
    """The amount would buy less than the smallest unit of the other currency."""


class QuoteNotFound(NotFound, code="quote_not_found", title="Quote not found"):
    """There is no such quote, or it was given to somebody else."""


class QuoteExpired(Refused, code="quote_expired", title="Quote expired"):
    """The quote has not been used in time. Ask for another."""


class QuoteUsed(Conflict, code="quote_used", title="Quote already used"):
    """The quote has been used; each is good for one exchange."""


@dataclass(frozen=True)
class Exchange:
    """What a customer asks for: a quote, and the accounts that it moves."""

    posting_id: UUID
    quote_id: UUID
    source_account_id: UUID
    target_account_id: UUID


def set_rate(
    *, rate_id: UUID, base: str, quote: str, rate: Decimal, spread_ppm: int, by: UUID, at: datetime
) -> Rate:
    """Let a rate hold from a moment on. Refuses one currency, and a second rate of one moment.

    A second call with the same id changes nothing.
    """
    exponent(base), exponent(quote)
    if base == quote:
        raise SameCurrency(currency=base)
    if rate <= 0 or not 0 <= spread_ppm < _WHOLE_PPM:
        raise InvalidRate
    with refusing({"transactions_rate_once": RateExists}), unit_of_work("transactions"):
        terms = {"base": base, "quote": quote, "rate": rate, "spread_ppm": spread_ppm}
        return Rate.objects.get_or_create(
            id=rate_id, defaults={**terms, "valid_from": at, "set_by": by}
        )[0]


def quote(
    *, quote_id: UUID, owner_id: UUID, source: Money, target_currency: str, at: datetime
) -> Quote:
    """Promise a customer what an amount buys, for a minute; the fee comes on top."""
    exponent(target_currency)
    if source.currency == target_currency:
        raise SameCurrency(currency=target_currency)
    known = selectors.latest_rate(base=source.currency, quote=target_currency, at=at)
    if known is None:
        raise NoRate(source=source.currency, target=target_currency)
    bought = converted(source, target_currency, rate=known.rate, spread_ppm=known.spread_ppm)
    if bought.minor <= 0:
        raise AmountTooSmall
    with unit_of_work("transactions"):
        return Quote.objects.create(
            id=quote_id,
            owner_id=owner_id,
            source_currency=source.currency,
            target_currency=target_currency,
            source_minor=source.minor,
            target_minor=bought.minor,
            fee_minor=fee_of(source, exchange_fee_ppm()).minor,
            rate=known.rate,
            spread_ppm=known.spread_ppm,
            quoted_at=at,
            expires_at=at + QUOTE_LIVES,
        )


def legs_of(*, exchange: Exchange, owner_id: UUID) -> tuple[Leg, ...]:
    """Return what an exchange takes from one account and gives to another; nothing if unknown."""
    quoted = Quote.objects.filter(pk=exchange.quote_id, owner_id=owner_id).first()
    if quoted is None:
        return ()
    moved = (
        (exchange.source_account_id, -quoted.source_minor, quoted.source_currency),
        (exchange.target_account_id, quoted.target_minor, quoted.target_currency),
    )
    return tuple(Leg(account_id=a, amount_minor=m, currency=c) for a, m, c in moved)


def exchange(*, exchange: Exchange, owner_id: UUID, at: datetime) -> Posted:
    """Use a quote: debit the customer, buy from liquidity. A second call is a replay."""
    with unit_of_work("transactions"):
        held = Quote.objects.select_for_update().filter(pk=exchange.quote_id, owner_id=owner_id)
        quoted = held.first()
        if quoted is None:
            raise QuoteNotFound(quote_id=str(exchange.quote_id))
        source = selectors.account_to_pay_from(
            account_id=exchange.source_account_id, user_id=owner_id
        )
        target = selectors.account(account_id=exchange.target_account_id)
        if (source.currency, target.currency) != (quoted.source_currency, quoted.target_currency):
            raise CurrencyMismatch
        if quoted.posting_id is None:
            if quoted.expires_at <= at:
                raise QuoteExpired(quote_id=str(quoted.id))
            quoted.posting_id = exchange.posting_id
            quoted.save(update_fields=["posting_id"])
        elif quoted.posting_id != exchange.posting_id:
            raise QuoteUsed(quote_id=str(quoted.id))
        return post(_posting(quoted, exchange))


def _posting(quoted: Quote, exchange: Exchange) -> Posting:
    sold, bought = quoted.source_currency, quoted.target_currency
    moved = [
        (exchange.source_account_id, -quoted.source_minor - quoted.fee_minor, sold),
        (_own("liquidity", sold), quoted.source_minor, sold),
        (_own("liquidity", bought), -quoted.target_minor, bought),
        (exchange.target_account_id, quoted.target_minor, bought),
    ]
    if quoted.fee_minor:
        moved.append((_own("exchange fees", sold), quoted.fee_minor, sold))
    return Posting(
        posting_id=exchange.posting_id,
        legs=tuple(Leg(account_id=a, amount_minor=m, currency=c) for a, m, c in moved),
        kind=PostingKind.EXCHANGE,
        description=f"{sold} to {bought}",
        category="transfers",
        reference=f"1 {sold} = {quoted.rate.normalize():f} {bought}, quote {quoted.id}",
        actor_id=quoted.owner_id,
    )


def _own(name: str, currency: str) -> UUID:
    """Return the bank's own account of this name and currency, opened once."""
    account_id = derived_id(_OPENED, name, currency)
    open_account(
        account_id=account_id,
        owner_id=None,
        currency=currency,
        kind=LedgerAccountKind.SYSTEM,
        name=f"{name.capitalize()} {currency}",
        overdraft_minor=0,
        opened_at=_OPENED,
    )
    return account_id
