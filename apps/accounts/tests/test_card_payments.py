"""Paying by card: set aside under the card's name, taken once, and never by a card that stands."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.accounts.contracts import (
    CardIsCancelled,
    CardIsExpired,
    CardIsLocked,
    CardNotFound,
    CardPaymentNotFound,
    CardPaymentNotOpen,
    CardPaymentReused,
    CardPaymentState,
    CardPaymentView,
    Cards,
    MalformedCardPayment,
)
from apps.accounts.domain.cards import CardChange
from apps.accounts.handlers import note_expired_card_payments
from apps.accounts.models import Account, Card, CardPayment
from apps.accounts.services import cards
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from apps.transactions.contracts import HoldExpired, InsufficientFunds, PostingKind
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.errors import Unavailable
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[OWN], transaction=True)


@pytest.fixture
def account(ada: Principal, ledger: FakeLedger) -> Account:
    opened = an_account(owner_id=ada.user_id)
    ledger.credit(opened.pk, 100_00)
    return opened


@pytest.fixture
def card(account: Account) -> Card:
    return cards.issue_card(
        card_id=new_id(), account_id=account.pk, name="", made_by=account.owner_id, at=now()
    )


def authorise(
    card: Card,
    minor: int = 30_00,
    *,
    payment_id: UUID | None = None,
    merchant: str = "Bakery",
    at: datetime | None = None,
) -> CardPaymentView:
    return bind(Cards).authorise(
        payment_id=payment_id or new_id(),
        card_id=card.pk,
        amount_minor=minor,
        currency="EUR",
        merchant=merchant,
        asked_at=at or now(),
    )


def change(card: Card, wanted: CardChange) -> None:
    cards.change_card(card_id=card.pk, change=wanted, changed_by=None, at=now())


def test_money_is_set_aside_in_the_cards_name_and_taken_in_part_once(
    card: Card, account: Account, ledger: FakeLedger
):
    payment = authorise(card)

    first = bind(Cards).capture(payment_id=payment.payment_id, amount_minor=25_00)
    again = bind(Cards).capture(payment_id=payment.payment_id, amount_minor=25_00)

    assert first == again
    assert (first.state, first.captured_minor) == (CardPaymentState.CAPTURED, 25_00)
    [hold] = ledger.set_aside.values()
    assert (hold.actor_id, hold.target_account_id) == (card.pk, None)
    [posting] = ledger.postings.values()
    assert (posting.kind, posting.actor_id) == (PostingKind.CARD, card.pk)
    assert ledger.kept[account.pk].booked_minor == 75_00


def test_what_is_released_is_not_captured(card: Card, account: Account, ledger: FakeLedger):
    payment = authorise(card)

    released = [bind(Cards).release(payment_id=payment.payment_id) for _ in range(2)]

    assert {view.state for view in released} == {CardPaymentState.RELEASED}
    with pytest.raises(CardPaymentNotOpen):
        bind(Cards).capture(payment_id=payment.payment_id, amount_minor=1)
    assert ledger.kept[account.pk].booked_minor == 100_00


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [(CardChange.LOCK, CardIsLocked), (CardChange.CANCEL, CardIsCancelled)],
)
def test_a_card_that_was_stopped_authorises_nothing_and_pays_what_it_had(
    card: Card, ledger: FakeLedger, wanted, refusal
):
    payment = authorise(card)
    change(card, wanted)

    with pytest.raises(refusal):
        authorise(card)

    taken = bind(Cards).capture(payment_id=payment.payment_id, amount_minor=30_00)
    assert taken.state == CardPaymentState.CAPTURED
    assert len(ledger.set_aside) == 1


def test_a_lock_that_comes_while_the_ledger_is_asked_has_the_last_word(
    card: Card, ledger: FakeLedger
):
    ledger.after = lambda name: change(card, CardChange.LOCK) if name == "hold" else None

    with pytest.raises(CardIsLocked):
        authorise(card)

    assert ledger.released == set(ledger.set_aside)
    assert CardPayment.objects.get().refused_with == "card_locked"


def test_a_payment_of_which_no_answer_came_is_completed_by_asking_again(
    card: Card, ledger: FakeLedger
):
    payment_id, at = new_id(), now()

    def vanish(name: str) -> None:
        raise Unavailable(name)

    ledger.after = vanish
    with pytest.raises(Unavailable):
        authorise(card, payment_id=payment_id, at=at)
    ledger.after = lambda _: None

    first = authorise(card, payment_id=payment_id, at=at)
    assert first == authorise(card, payment_id=payment_id, at=at + timedelta(minutes=1))
    assert first.state == CardPaymentState.AUTHORISED
    assert len(ledger.set_aside) == 1


def test_what_died_on_its_way_is_let_go_where_the_card_was_locked_meanwhile(
    card: Card, ledger: FakeLedger
):
    payment_id, at = new_id(), now()

    def vanish(name: str) -> None:
        raise Unavailable(name)

    ledger.after = vanish
    with pytest.raises(Unavailable):
        authorise(card, payment_id=payment_id, at=at)
    ledger.after = lambda _: None
    change(card, CardChange.LOCK)

    with pytest.raises(CardIsLocked):
        authorise(card, payment_id=payment_id, at=at)

    assert ledger.released == {payment_id}
    assert CardPayment.objects.get().refused_with == "card_locked"


def test_what_the_ledger_refuses_is_listed_with_its_code(
    api: APIClient, card: Card, account: Account
):
    with pytest.raises(InsufficientFunds):
        authorise(card, 100_01)
    taken = authorise(card, 10_00, merchant="Café\u202e  Ole")
    bind(Cards).capture(payment_id=taken.payment_id, amount_minor=10_00)

    answer = api.get(f"/api/accounts/cards/{card.pk}/payments?limit=1")
    newest = answer.json()["items"][0]
    rest = api.get(
        f"/api/accounts/cards/{card.pk}/payments", {"cursor": answer.json()["next_cursor"]}
    )

    assert (newest["state"], newest["merchant"]) == ("captured", "Café Ole")
    assert newest["captured"] == {"amount": "10.00", "currency": "EUR"}
    [older] = rest.json()["items"]
    assert (older["state"], older["refused_with"]) == ("refused", "insufficient_funds")


def test_an_id_stands_for_one_payment(card: Card):
    payment = authorise(card)

    with pytest.raises(CardPaymentReused):
        authorise(card, 31_00, payment_id=payment.payment_id)
    bind(Cards).release(payment_id=payment.payment_id)
    with pytest.raises(CardPaymentNotOpen):
        authorise(card, payment_id=payment.payment_id)


def test_a_card_pays_to_the_end_of_its_month(card: Card):
    Card.objects.update(expiry_year=2030, expiry_month=2)

    authorise(card, 1, at=datetime.fromisoformat("2030-02-28T23:59:59+00:00"))
    with pytest.raises(CardIsExpired):
        authorise(card, 1, at=datetime.fromisoformat("2030-03-01T00:00:00+00:00"))


@pytest.mark.parametrize(
    ("minor", "merchant"), [(0, "Shop"), (-1, "Shop"), (1 << 62, "Shop"), (1, ""), (1, "x" * 65)]
)
def test_what_is_no_payment_is_refused(card: Card, minor, merchant):
    with pytest.raises(MalformedCardPayment):
        authorise(card, minor, merchant=merchant)

    assert not CardPayment.objects.exists()


def test_a_card_or_a_payment_that_nobody_has_is_not_found(card: Card):
    with pytest.raises(CardNotFound):
        authorise(Card(pk=new_id()))
    with pytest.raises(CardPaymentNotFound):
        bind(Cards).capture(payment_id=new_id(), amount_minor=1)
    with pytest.raises(CardPaymentNotFound):
        bind(Cards).release(payment_id=new_id())


def test_what_the_ledger_lets_expire_is_written_down_and_nothing_else(card: Card):
    payment, captured = authorise(card, 1), authorise(card, 2)
    bind(Cards).capture(payment_id=captured.payment_id, amount_minor=2)
    ids = (payment.payment_id, captured.payment_id, new_id())
    expired = [
        HoldExpired(
            hold_id=hold_id,
            account_id=card.account_id,
            owner_id=None,
            amount_minor=1,
            currency="EUR",
            expired_at=now(),
        )
        for hold_id in ids
    ]

    with unit_of_work("accounts"):
        note_expired_card_payments(expired)

    states = set(CardPayment.objects.values_list("pk", "state"))
    assert states == {(ids[0], "expired"), (ids[1], "captured")}
