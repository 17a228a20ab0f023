"""Payments by card: set aside in the ledger under the card's name, then taken or let go.

A card that was locked authorises nothing from the moment that locking it answered: what the ledger
has set aside meanwhile is let go again.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from apps.accounts.contracts import (
    CardNotFound,
    CardPaymentNotOpen,
    CardPaymentReused,
    CardPaymentState,
    CardState,
    MalformedCardPayment,
)
from apps.accounts.domain.cards import LONGEST_MERCHANT, check_may_pay
from apps.accounts.models import Card, CardPayment
from apps.accounts.selectors import cards as reads
from apps.transactions.contracts import (
    Hold,
    HoldNotFound,
    HoldNotOpen,
    Ledger,
    LedgerAccountKind,
    Leg,
    Posting,
    PostingKind,
)
from vortex.binding import bind
from vortex.clock import now
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Refusal, Refused, Unavailable
from vortex.ids import derived_id
from vortex.money import MAX_MINOR
from vortex.papers.text import plain

_LASTS: Final = timedelta(days=7)
_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_OVER: Final = (CardPaymentState.CAPTURED, CardPaymentState.RELEASED, CardPaymentState.EXPIRED)


def authorise(
    *,
    payment_id: UUID,
    card_id: UUID,
    amount_minor: int,
    currency: str,
    merchant: str,
    asked_at: datetime,
) -> CardPayment:
    """Set money aside for a merchant. A second call with the id changes nothing."""
    name = plain(merchant)
    if not 0 < amount_minor <= MAX_MINOR or not 0 < len(name) <= LONGEST_MERCHANT:
        raise MalformedCardPayment
    asked = CardPayment(
        id=payment_id,
        card_id=card_id,
        amount_minor=amount_minor,
        currency=currency,
        merchant=name,
        state=CardPaymentState.ASKED.value,
        asked_at=asked_at,
    )
    try:
        payment = _written_down(asked)
    except Refused as refusal:
        _let_go(payment_id, refusal)
        raise
    if payment.state == CardPaymentState.AUTHORISED:
        return payment
    _set_aside(payment)
    refused = _confirmed(payment_id)
    if refused is not None:
        with suppress(HoldNotOpen):
            bind(Ledger).release(hold_id=payment_id, reason=refused.code)
        raise refused
    return reads.payment(payment_id=payment_id)


def capture(*, payment_id: UUID, amount_minor: int) -> CardPayment:
    """Pay what was set aside, or a part. A second call is a replay."""
    payment = reads.payment(payment_id=payment_id)
    if payment.state == CardPaymentState.CAPTURED and payment.captured_minor == amount_minor:
        return payment
    _check_open(payment)
    if not 0 < amount_minor <= MAX_MINOR:
        raise MalformedCardPayment
    ledger, scheme = bind(Ledger), _scheme_account(payment.currency)
    posting_id = derived_id(payment.asked_at, "accounts.card.captured", str(payment_id))
    legs = (
        Leg(account_id=payment.account_id, amount_minor=-amount_minor, currency=payment.currency),
        Leg(account_id=scheme, amount_minor=amount_minor, currency=payment.currency),
    )
    posting = Posting(
        posting_id=posting_id,
        legs=legs,
        kind=PostingKind.CARD,
        description=payment.merchant,
        counterparty=payment.merchant,
        actor_id=payment.card_id,
    )
    ledger.settle(posting_id=posting_id, hold_id=payment_id, posting=posting)
    return _end(payment_id, CardPaymentState.CAPTURED, captured_minor=amount_minor)


def release(*, payment_id: UUID) -> CardPayment:
    """Let go what was set aside. Releasing twice is releasing once."""
    payment = reads.payment(payment_id=payment_id)
    if payment.state == CardPaymentState.RELEASED:
        return payment
    _check_open(payment)
    bind(Ledger).release(hold_id=payment_id, reason="card")
    return _end(payment_id, CardPaymentState.RELEASED)


@needs_transaction("accounts")
def note_expiry(*, payment_ids: list[UUID], at: datetime) -> None:
    """Write down that the ledger has let go what nobody captured in time."""
    open_still = CardPayment.objects.filter(
        pk__in=payment_ids, state=CardPaymentState.AUTHORISED.value
    )
    open_still.update(state=CardPaymentState.EXPIRED.value, ended_at=at)


def _set_aside(payment: CardPayment) -> None:
    try:
        bind(Ledger).hold(hold_id=payment.pk, hold=_hold(payment))
    except Unavailable:  # nobody knows whether it is set aside: the same call finds out
        raise
    except Refusal as refusal:
        _end(payment.pk, CardPaymentState.REFUSED, refused_with=refusal.code)
        raise


def _let_go(payment_id: UUID, refusal: Refusal) -> None:
    """Let go what a former attempt may have set aside before its process died."""
    known = CardPayment.objects.filter(pk=payment_id, state=CardPaymentState.ASKED.value)
    if known.exists():
        with suppress(HoldNotFound, HoldNotOpen):
            bind(Ledger).release(hold_id=payment_id, reason=refusal.code)
        _end(payment_id, CardPaymentState.REFUSED, refused_with=refusal.code)


def _hold(payment: CardPayment) -> Hold:
    return Hold(
        hold_id=payment.pk,
        account_id=payment.account_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        expires_at=payment.asked_at + _LASTS,
        reason="card",
        description=payment.merchant,
        counterparty=payment.merchant,
        actor_id=payment.card_id,
    )


def _written_down(asked: CardPayment) -> CardPayment:
    """Write a payment down before the ledger hears of it, or return what is known of it."""
    with unit_of_work("accounts"):
        card = _locked_card(asked.card_id)
        known = CardPayment.objects.filter(pk=asked.pk).first()
        if known is not None:
            same = ("card_id", "amount_minor", "currency", "merchant")
            if any(getattr(known, name) != getattr(asked, name) for name in same):
                raise CardPaymentReused(payment_id=str(asked.pk))
            if known.state in _OVER:
                raise CardPaymentNotOpen(payment_id=str(asked.pk), state=known.state)
            if known.state == CardPaymentState.AUTHORISED:
                return known
        _check_may_pay(card, asked.asked_at)
        if known is not None:
            return known
        asked.account_id = card.account_id
        asked.save(force_insert=True)
        return asked


def _check_may_pay(card: Card, at: datetime) -> None:
    if not card.token:
        raise CardNotFound(card_id=str(card.pk))  # the vault has yet to make it
    expiry = (card.expiry_year or 0, card.expiry_month or 0)
    check_may_pay(CardState(card.state), expiry, at.date())


def _confirmed(payment_id: UUID) -> Refusal | None:
    """Write down that the money is set aside, unless the card was stopped meanwhile."""
    with unit_of_work("accounts"):
        card = _locked_card(reads.payment(payment_id=payment_id).card_id)
        payment = CardPayment.objects.select_for_update().get(pk=payment_id)
        try:
            _check_may_pay(card, payment.asked_at)
        except Refusal as refusal:
            payment.state, payment.refused_with = CardPaymentState.REFUSED.value, refusal.code
            payment.ended_at = now()
            payment.save(update_fields=["state", "refused_with", "ended_at"])
            return refusal
        if payment.state in {CardPaymentState.ASKED, CardPaymentState.REFUSED}:
            payment.state, payment.refused_with = CardPaymentState.AUTHORISED.value, ""
            payment.ended_at = None
            payment.save(update_fields=["state", "refused_with", "ended_at"])
        return None


def _check_open(payment: CardPayment) -> None:
    if payment.state != CardPaymentState.AUTHORISED:
        raise CardPaymentNotOpen(payment_id=str(payment.pk), state=payment.state)


def _end(payment_id: UUID, state: CardPaymentState, **told: Any) -> CardPayment:
    with unit_of_work("accounts"):
        payment = CardPayment.objects.select_for_update().get(pk=payment_id)
        payment.state, payment.ended_at = state.value, now()
        for name, value in told.items():
            setattr(payment, name, value)
        payment.save(update_fields=["state", "ended_at", *told])
        return payment


def _scheme_account(currency: str) -> UUID:
    """Return the bank's own account that owes card schemes what was paid, opened when needed."""
    account_id = derived_id(_SINCE, "accounts.card-scheme", currency)
    bind(Ledger).open_account(
        account_id=account_id,
        owner_id=None,
        currency=currency,
        kind=LedgerAccountKind.SYSTEM,
        name=f"Card schemes ({currency})",
        overdraft_minor=0,
        opened_at=_SINCE,
    )
    return account_id


@needs_transaction("accounts")
def _locked_card(card_id: UUID) -> Card:
    found = Card.objects.select_for_update().filter(pk=card_id).first()
    if found is None:
        raise CardNotFound(card_id=str(card_id))
    return found
