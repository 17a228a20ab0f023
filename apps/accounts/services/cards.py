"""Virtual cards: made by a vault that keeps their numbers, stopped here at once and there too.

What is asked is written down first and holds here from then on; then the vault is told, by one at a
time and in the end of the last. Whoever dies in between, the clockwork goes on.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError

from apps.accounts.adapters.vaults import vault, vault_named
from apps.accounts.adapters.vaults.port import (
    Issued,
    VaultState,
    VaultTalksNonsenseError,
    VaultUnavailableError,
)
from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import (
    AccountCardChanged,
    AccountCardIssued,
    CardNotFound,
    CardsNotOffered,
    CardState,
    CardVaultUnavailable,
    Product,
    TooManyCards,
)
from apps.accounts.domain.cards import MOST, MOST_EVER, PRODUCTS, CardChange, after
from apps.accounts.domain.labels import checked_nickname
from apps.accounts.domain.standing import Standing
from apps.accounts.models import Account, Card
from apps.accounts.selectors import cards as reads
from apps.accounts.services.rows import locked
from vortex.db import needs_transaction, unit_of_work
from vortex.outbox import publish
from vortex.telemetry import get_logger

_AT_ONCE: Final = 100
_LONGEST_WAIT: Final = timedelta(hours=1)

log = get_logger(__name__)


def issue_card(*, card_id: UUID, account_id: UUID, name: str, made_by: UUID, at: datetime) -> Card:
    """Have a virtual card made for an account. A second call with the id makes no other.

    Where the vault does not answer this refuses with CardVaultUnavailable; the card is made as soon
    as it does, or when the same request is sent again.
    """
    text = checked_nickname(name)
    with unit_of_work("accounts"):
        account = locked(account_id)
        if not Card.objects.filter(pk=card_id, account_id=account_id).exists():
            _check_offered(account)
            Card.objects.create(
                id=card_id,
                account_id=account_id,
                name=text,
                vault=vault().name,
                state=CardState.ACTIVE.value,
                made_by=made_by,
                created_at=at,
            )
    card = _told(card_id, at)
    if not card.token:
        raise CardVaultUnavailable(card_id=str(card_id))
    return card


def change_card(
    *, card_id: UUID, change: CardChange, changed_by: UUID | None, at: datetime
) -> Card:
    """Lock, unlock or cancel a card. When this returns it holds here, whatever the vault knows."""
    account_id = reads.card(card_id=card_id).account_id
    with unit_of_work("accounts"):
        account, card = locked(account_id), _locked_card(card_id)  # in the order of `cancel_all`
        state = after(CardState(card.state), change)
        if state != card.state:
            _store(card, account, state, changed_by, at)
    return _told(card_id, at)


@needs_transaction("accounts")
def cancel_all(*, account: Account, at: datetime) -> None:
    """Cancel every card of an account that closes; the vault is told by the clockwork."""
    living = Card.objects.filter(account_id=account.pk).exclude(state=CardState.CANCELLED.value)
    for card in living.select_for_update().order_by("pk"):
        _store(card, account, CardState.CANCELLED, None, at)


def tell_vault(*, now: datetime) -> int:
    """Tell the vault of every card that it does not know to stand as it does; return how many."""
    due = reads.cards_to_tell(now=now, limit=_AT_ONCE)
    for card_id in due:
        _told(card_id, now)
    return len(due)


def _check_offered(account: Account) -> None:
    if account.standing != Standing.ACTIVE or Product(account.product) not in PRODUCTS:
        raise CardsNotOffered(account_id=str(account.pk))
    ever = Card.objects.filter(account_id=account.pk)
    living = ever.exclude(state=CardState.CANCELLED.value)
    if living.count() >= MOST or ever.count() >= MOST_EVER:
        raise TooManyCards(most=MOST, most_ever=MOST_EVER)


@needs_transaction("accounts")
def _store(
    card: Card, account: Account, state: CardState, changed_by: UUID | None, at: datetime
) -> None:
    card.state, card.due_at, card.attempts = state.value, at, 0
    card.cancelled_at = at if state is CardState.CANCELLED else None
    card.save(update_fields=["state", "due_at", "attempts", "cancelled_at"])
    publish(
        AccountCardChanged(
            account_id=account.pk,
            owner_id=account.owner_id,
            card_id=card.pk,
            last_four=card.last_four,
            state=state.value,
            changed_by=changed_by,
            changed_at=at,
        )
    )


def _told(card_id: UUID, now: datetime) -> Card:
    """Tell the vault until it knows how the card stands, or put it off; return the card."""
    while (card := _taken_up(card_id, now)) is not None:
        wanted = VaultState(card.state)
        try:
            issued = None if card.token else _issued(card)
            if issued is None:
                vault_named(card.vault).set_state(token=card.token, state=wanted)
            _note(card_id, issued, wanted, now)
        except (VaultUnavailableError, VaultTalksNonsenseError, IntegrityError) as error:
            # What went wrong is named by its kind alone: an answer of a vault is not for logs.
            log.warning("accounts.card.vault", card_id=str(card_id), problem=type(error).__name__)
            _put_off(card_id, now)
            break
    return reads.card(card_id=card_id)


def _issued(card: Card) -> Issued:
    account = Account.objects.get(pk=card.account_id)
    return vault_named(card.vault).issue(reference=card.pk, currency=account.currency)


def _taken_up(card_id: UUID, now: datetime) -> Card | None:
    """Return a card that the vault has to be told of, ours alone until that is written down."""
    with unit_of_work("accounts"):
        card = _locked_card(card_id)
        since = card.telling_since_at
        is_taken = since is not None and since > now - CHANGE_ABANDONED_AFTER
        if card.state == card.vault_state or is_taken:
            return None
        card.telling_since_at = now
        card.save(update_fields=["telling_since_at"])
        return card


def _note(card_id: UUID, issued: Issued | None, told: VaultState, now: datetime) -> None:
    with unit_of_work("accounts"):
        card = _locked_card(card_id)
        card.telling_since_at, card.attempts = None, 0
        if issued is None:
            card.vault_state = told.value
        elif not card.token:
            card.vault_state = VaultState.ACTIVE.value
            for name in ("token", "last_four", "brand", "expiry_month", "expiry_year"):
                setattr(card, name, getattr(issued, name))
            _say_issued(card, now)
        card.due_at = None if card.state == card.vault_state else now
        card.save()


def _say_issued(card: Card, now: datetime) -> None:
    if card.state == CardState.CANCELLED:  # before the vault had made it
        return
    account = Account.objects.get(pk=card.account_id)
    publish(
        AccountCardIssued(
            account_id=account.pk,
            owner_id=account.owner_id,
            card_id=card.pk,
            last_four=card.last_four,
            brand=card.brand,
            issued_at=now,
        )
    )


def _put_off(card_id: UUID, now: datetime) -> None:
    """Try again later, each time after twice as long, up to an hour."""
    with unit_of_work("accounts"):
        card = _locked_card(card_id)
        card.telling_since_at = None
        card.attempts = min(card.attempts + 1, 16)
        card.due_at = now + min(timedelta(seconds=15) * 2**card.attempts, _LONGEST_WAIT)
        card.save(update_fields=["telling_since_at", "attempts", "due_at"])


@needs_transaction("accounts")
def _locked_card(card_id: UUID) -> Card:
    found = Card.objects.select_for_update().filter(pk=card_id).first()
    if found is None:
        raise CardNotFound(card_id=str(card_id))
    return found
