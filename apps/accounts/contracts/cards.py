"""What accounts publishes about virtual cards: paying with one, what refuses it, what is said."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.transactions.contracts import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    HoldNotOpen,
    InsufficientFunds,
    SpendingLimitExceeded,
)
from vortex.contracts import Event, Service, Value, command, event
from vortex.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from vortex.money import CurrencyMismatch


class CardNotFound(NotFound, code="card_not_found", title="Card not found"):
    """There is no such card, or it is somebody else's."""


class CardsNotOffered(Refused, code="cards_not_offered", title="No cards for this account"):
    """Only an open checking or wallet account, which is not frozen, gets cards."""


class TooManyCards(Refused, code="too_many_cards", title="Too many cards"):
    """An account has at most ten cards at a time, and fifty ever."""


class CardIsLocked(Refused, code="card_locked", title="Card locked"):
    """The card pays nothing until its holder unlocks it."""


class CardIsCancelled(Refused, code="card_cancelled", title="Card cancelled"):
    """A cancelled card never pays again."""


class CardIsExpired(Refused, code="card_expired", title="Card expired"):
    """The month that is written on the card is over."""


class CardVaultUnavailable(
    Unavailable, code="card_vault_unavailable", title="Card vault not reached"
):
    """The vault that makes cards did not answer as it should; the card comes as soon as it does."""


class CardPaymentNotFound(NotFound, code="card_payment_not_found", title="Card payment not found"):
    """No payment by card was authorised under this id."""


class CardPaymentReused(Conflict, code="card_payment_reused", title="Payment id already used"):
    """Another payment by card was asked for under this id."""


class CardPaymentNotOpen(Conflict, code="card_payment_not_open", title="Payment not open"):
    """The payment was refused, captured or released, or has expired; `state` says which."""


class MalformedCardPayment(Invalid, code="malformed_card_payment", title="Malformed card payment"):
    """An amount is not positive or beyond the ledger's range, or the merchant has no short name."""


class CardState(StrEnum):
    """Where a card stands. Requested: the vault has yet to make it."""

    REQUESTED = "requested"
    ACTIVE = "active"
    LOCKED = "locked"
    CANCELLED = "cancelled"


class CardPaymentState(StrEnum):
    """What became of a payment by card; asked: it is not known yet whether the ledger allows it."""

    ASKED = "asked"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class CardPaymentView(Value):
    """A payment by card as it stands; amounts are in minor units of the account's currency."""

    payment_id: UUID
    card_id: UUID
    account_id: UUID
    amount_minor: int
    captured_minor: int
    currency: str
    merchant: str
    state: CardPaymentState


_AUTHORISING = (
    *(CardNotFound, CardIsLocked, CardIsCancelled, CardIsExpired, MalformedCardPayment),
    *(CardPaymentReused, CardPaymentNotOpen, InsufficientFunds, SpendingLimitExceeded),
    *(AccountFrozen, AccountClosed, CurrencyMismatch),
)
_CAPTURING = (
    *(CardPaymentNotFound, CardPaymentNotOpen, CaptureExceedsHold, HoldNotOpen),
    *(AccountFrozen, AccountClosed),
)


class Cards(Service, context="accounts", version=1):
    """Paying by virtual card: set aside, then taken or let go. The ledger does the money."""

    @command(key="payment_id", refuses=_AUTHORISING)
    def authorise(
        self,
        *,
        payment_id: UUID,
        card_id: UUID,
        amount_minor: int,
        currency: str,
        merchant: str,
        asked_at: datetime,
    ) -> CardPaymentView:
        """Set money aside for a merchant, within the limits of the card and of its account.

        A second call with the id changes nothing. It is set aside for seven days.
        """
        ...

    @command(key="payment_id", refuses=_CAPTURING)
    def capture(self, *, payment_id: UUID, amount_minor: int) -> CardPaymentView:
        """Pay what was set aside, or a part; the rest is free again. A locked card pays it too."""
        ...

    @command(key="payment_id", refuses=(CardPaymentNotFound, CardPaymentNotOpen, HoldNotOpen))
    def release(self, *, payment_id: UUID) -> CardPaymentView:
        """Set free what was set aside. Releasing twice is releasing once."""
        ...


@event("account.card_issued", topic="user.events", key="account_id")
class AccountCardIssued(Event):
    """A virtual card of an account can pay from now on."""

    account_id: UUID
    owner_id: UUID
    card_id: UUID
    last_four: str
    brand: str
    issued_at: datetime


@event("account.card_changed", topic="user.events", key="account_id")
class AccountCardChanged(Event):
    """A card was locked, unlocked or cancelled: `state` is locked, active or cancelled."""

    account_id: UUID
    owner_id: UUID
    card_id: UUID
    last_four: str
    state: str
    changed_by: UUID | None
    changed_at: datetime
