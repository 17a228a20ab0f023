"""What an issuer says by itself: kept first, then made of it what can be, once and in any order.

A payment that the issuer has let through is set aside, then paid or let go, by the same services as
the contract's. A card that the issuer has stopped is stopped here; one that it has let go on is not
let go on here: whether a card may pay is decided here, and the issuer is told again.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.accounts.adapters.vaults.events import (
    CardSaid,
    NotReadableError,
    PaymentSaid,
    decoded,
    kind_of,
    understood,
)
from apps.accounts.contracts import (
    CardPaymentNotFound,
    CardPaymentNotOpen,
    CardPaymentState,
)
from apps.accounts.domain.cards import LONGEST_MERCHANT, CardChange
from apps.accounts.models import CardPayment, IssuerEvent
from apps.accounts.selectors import cards as reads
from apps.accounts.services import card_payments, cards
from vortex.db import unit_of_work
from vortex.errors import Refusal, Unavailable
from vortex.ids import derived_id
from vortex.papers.text import plain
from vortex.telemetry import get_logger

_VAULT: Final = "lithic"
_AT_ONCE: Final = 100
# Longer than the payments of one event can take: until then it is whoever received it who has it.
_OURS_FOR: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=1)
_CHANGES: Final = {"PAUSED": CardChange.LOCK, "CLOSED": CardChange.CANCEL}
_CALLED_OFF: Final = ("VOIDED", "EXPIRED")
_PAYMENT: Final = "card_transaction.updated"
_NOTHING: Final = "nothing_to_do"

log = get_logger(__name__)


def take_in(*, event_id: str, body: bytes, at: datetime) -> IssuerEvent:
    """Keep an event, and make of it what can be made now. A second delivery does nothing."""
    try:
        content = decoded(body)
    except NotReadableError:
        content = {}
    event, is_new = _kept(event_id, content, at)
    if is_new:
        _make(event, at)
    return event


def go_on(*, now: datetime) -> int:
    """Go on with events that wait for something that did not answer; return how many."""
    waiting = IssuerEvent.objects.filter(state="waiting", due_at__lte=now)
    due = list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])
    for event_id in due:
        event = _taken_up(event_id, now)
        if event is not None:
            _make(event, now)
    return len(due)


def _kept(event_id: str, content: dict[str, object], at: datetime) -> tuple[IssuerEvent, bool]:
    kind = kind_of(content)
    about = content.get("token") or content.get("card_token") or ""
    told = {
        "kind": kind,
        "subject": about[:64] if isinstance(about, str) else "",
        "content": content,
        "state": "waiting",
        "due_at": at + _OURS_FOR,
        "received_at": at,
    }
    with unit_of_work("accounts"):
        return IssuerEvent.objects.get_or_create(pk=event_id, defaults=told)


def _taken_up(event_id: str, now: datetime) -> IssuerEvent | None:
    """Return an event that waits, put off for everybody else and for a next time."""
    with unit_of_work("accounts"):
        found = IssuerEvent.objects.select_for_update(skip_locked=True)
        event = found.filter(pk=event_id, state="waiting", due_at__lte=now).first()
        if event is None:
            return None
        event.attempts = min(event.attempts + 1, 16)
        event.due_at = now + min(_OURS_FOR * 2**event.attempts, _LONGEST_WAIT)
        event.save(update_fields=["attempts", "due_at"])
        return event


def _make(event: IssuerEvent, at: datetime) -> None:
    """Make of an event what it says; what does not answer is tried again, a no is an end."""
    try:
        said = understood(event.content)
        outcome = _done(said, at)
    except Unavailable:
        log.warning("accounts.issuer.event_waits", event_id=event.pk)
        return
    except NotReadableError:
        _end(event, "refused", "not_readable", at)
    except Refusal as refusal:
        _end(event, "refused", refusal.code, at)
        log.error("accounts.issuer.event_refused", event_id=event.pk, code=refusal.code)
    else:
        _end(event, "ignored" if outcome == "" else "done", outcome, at)


def _done(said: PaymentSaid | CardSaid | None, at: datetime) -> str:
    """Do what an event says; return what that was, or nothing where it means nothing here."""
    if said is None:
        return ""
    card = reads.card_of_token(vault=_VAULT, token=said.card_token)
    if isinstance(said, CardSaid):
        change = _CHANGES.get(said.state)
        if change is None:
            return _NOTHING
        cards.change_card(card_id=card.pk, change=change, changed_by=None, at=at)
        return change.value
    if said.status == "PENDING" and said.result == "APPROVED":
        return _authorised(said, card.pk)
    if said.status == "SETTLED":
        return _captured(said, card.pk)
    return _released(said) if said.status in _CALLED_OFF else _NOTHING


def _authorised(said: PaymentSaid, card_id: UUID) -> str:
    """Set aside what the issuer let through, unless it has said that it is over.

    That is looked for before and after: what calls it off is kept before anything is made of it, so
    of two events at once one of them lets go.
    """
    known = _known(said)
    if _is_over(said) and (known is None or known.state != CardPaymentState.ASKED):
        return _NOTHING
    _set_aside(said, card_id, said.amounts.hold.amount, said.amounts.hold.currency)
    return _released(said) if _is_over(said) else "authorised"


def _captured(said: PaymentSaid, card_id: UUID) -> str:
    """Pay what was settled; what was never set aside is set aside first."""
    settled, known = said.amounts.settlement, _known(said)
    if known is None:
        _set_aside(said, card_id, settled.amount, settled.currency)
    elif known.state == CardPaymentState.ASKED:
        _set_aside(said, card_id, known.amount_minor, known.currency)
    card_payments.capture(payment_id=_id_of(said), amount_minor=settled.amount)
    return "captured"


def _released(said: PaymentSaid) -> str:
    """Let go what was set aside, if anything was and is still."""
    try:
        card_payments.release(payment_id=_id_of(said))
    except (CardPaymentNotFound, CardPaymentNotOpen):
        return _NOTHING
    return "released"


def _set_aside(said: PaymentSaid, card_id: UUID, amount_minor: int, currency: str) -> None:
    card_payments.authorise(
        payment_id=_id_of(said),
        card_id=card_id,
        amount_minor=amount_minor,
        currency=currency,
        merchant=plain(said.merchant.descriptor)[:LONGEST_MERCHANT] or "Card payment",
        asked_at=said.created,
    )


def _id_of(said: PaymentSaid) -> UUID:
    """Return what a payment is called here: it follows from what the issuer calls it."""
    return derived_id(said.created, "accounts.issuer.payment", said.token)


def _known(said: PaymentSaid) -> CardPayment | None:
    return CardPayment.objects.filter(pk=_id_of(said)).first()


def _is_over(said: PaymentSaid) -> bool:
    """Say whether the issuer has said, before or meanwhile, that a payment was called off."""
    told = IssuerEvent.objects.filter(kind=_PAYMENT, subject=said.token)
    return told.filter(content__status__in=_CALLED_OFF).exists()


def _end(event: IssuerEvent, state: str, outcome: str, at: datetime) -> None:
    with unit_of_work("accounts"):
        found = IssuerEvent.objects.filter(pk=event.pk, state="waiting")
        found.update(state=state, outcome=outcome, ended_at=at, due_at=None)
