"""What accounts promises about money, kept by the real ledger on real databases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.accounts import handlers
from apps.accounts.contracts import Accounts, AccountView, Cards, Product, Spending
from apps.accounts.models import Account, Statement
from apps.accounts.selectors.statements import document_of
from apps.accounts.services import pots, statements
from apps.auth.contracts import Challenges, StepUp
from apps.transactions.contracts import (
    AccountFrozen,
    HoldState,
    InsufficientFunds,
    Ledger,
    LedgerAccountKind,
    Leg,
    Posting,
    PostingKind,
    SpendingLimitExceeded,
    TransactionPosted,
)
from config.contexts import CONTEXTS, alias
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.ids import new_id
from vortex.outbox.models import Message
from vortex.testing import client_of, person, stub

ALL = [alias(context.name) for context in CONTEXTS]
pytestmark = pytest.mark.django_db(databases=ALL)


class Present(Challenges):
    """Says of everybody that they have just proved to be there."""

    def require_step_up(
        self, *, user_id: UUID, session_id: UUID, max_age_seconds: int, acr: str
    ) -> StepUp:
        return StepUp(acr=acr, amr=("pwd",), authenticated_at=now())


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    with stub(Challenges, Present()):
        yield


@pytest.fixture
def ada() -> Principal:
    return person()


@pytest.fixture
def api(ada: Principal) -> APIClient:
    return client_of(ada)


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def opened(owner: Principal, minor: int = 0, *, minimum_minor: int = 0) -> AccountView:
    account = bind(Accounts).open_account(
        account_id=new_id(),
        owner_id=owner.user_id,
        product=Product.CHECKING,
        currency="EUR",
        nickname="",
        overdraft_minor=0,
        opened_at=now(),
        minimum_minor=minimum_minor,
    )
    if minor:
        pay(the_world(), account.account_id, minor, kind=PostingKind.DEPOSIT)
    return account


def the_world() -> UUID:
    """Return an account of the bank's own where money comes from and goes."""
    account_id = new_id()
    bind(Ledger).open_account(
        account_id=account_id,
        owner_id=None,
        currency="EUR",
        kind=LedgerAccountKind.SYSTEM,
        name="The world",
        overdraft_minor=0,
        opened_at=now(),
    )
    return account_id


def pay(
    source: UUID,
    target: UUID,
    minor: int,
    *,
    kind: PostingKind = PostingKind.TRANSFER,
    booked_at: datetime | None = None,
) -> None:
    posting_id = new_id()
    legs = (
        Leg(account_id=source, amount_minor=-minor, currency="EUR"),
        Leg(account_id=target, amount_minor=minor, currency="EUR"),
    )
    posting = Posting(posting_id=posting_id, legs=legs, kind=kind, booked_at=booked_at)
    bind(Ledger).post(posting_id=posting_id, posting=posting)


def booked(account_id: UUID) -> int:
    return bind(Ledger).balance(account_id=account_id).booked_minor


def sent(api: APIClient, address: str, body: object = None):
    headers = {"Idempotency-Key": str(new_id())}
    return api.post(f"/api/accounts/{address}", body or {}, headers=headers)


def hear_postings() -> None:
    """Let accounts hear every posting that stands, as the relay would."""
    rows = Message.objects.using(alias("transactions")).filter(type="transaction.posted")
    events = [msgspec.convert(row.payload, TransactionPosted) for row in rows.order_by("id")]
    for hear in (handlers.note_use, handlers.watch_balances, handlers.round_up):
        with unit_of_work("accounts"):
            hear(events)


def test_an_account_takes_money_and_pays_within_its_limit(api: APIClient, ada: Principal):
    account, shop = opened(ada, 100_00), the_world()
    limit = {"period": "day", "amount": eur("30.00")}

    set_at = sent(api, f"{account.account_id}/limits", limit)
    pay(account.account_id, shop, 20_00)
    with pytest.raises(SpendingLimitExceeded) as refused:
        pay(account.account_id, shop, 10_01)

    assert set_at.status_code == 201
    assert refused.value.facts["left_minor"] == 10_00
    [shown] = api.get(f"/api/accounts/{account.account_id}/limits").json()["items"]
    assert (shown["used"], shown["left"]) == (eur("20.00"), eur("10.00"))


def test_a_limit_of_a_card_binds_that_card_and_the_accounts_limit_binds_all(
    api: APIClient, ada: Principal
):
    account = opened(ada, 100_00)
    one, other = (UUID(sent(api, f"{account.account_id}/cards").json()["id"]) for _ in range(2))
    sent(api, f"cards/{one}/limits", {"period": "day", "amount": eur("10.00")})
    sent(api, f"{account.account_id}/limits", {"period": "day", "amount": eur("25.00")})

    def spend(card_id: UUID, minor: int) -> UUID:
        return (
            bind(Cards)
            .authorise(
                payment_id=new_id(),
                card_id=card_id,
                amount_minor=minor,
                currency="EUR",
                merchant="Bakery",
                asked_at=now(),
            )
            .payment_id
        )

    first = spend(one, 8_00)
    with pytest.raises(SpendingLimitExceeded):
        spend(one, 2_01)
    spend(other, 17_00)
    with pytest.raises(SpendingLimitExceeded):
        spend(other, 1)
    bind(Cards).capture(payment_id=first, amount_minor=8_00)

    assert booked(account.account_id) == 92_00
    [shown] = api.get(f"/api/accounts/cards/{one}/limits").json()["items"]
    assert (shown["used"], shown["left"]) == (eur("8.00"), eur("2.00"))
    [entry] = bind(Ledger).entries(account_id=account.account_id, after_version=1)
    assert (entry.description, entry.amount_minor) == ("Bakery", -8_00)


def test_an_account_with_money_set_aside_does_not_close_and_then_does(
    api: APIClient, ada: Principal
):
    account, rest = opened(ada, 50_00), opened(ada)
    card = UUID(sent(api, f"{account.account_id}/cards").json()["id"])
    payment = bind(Cards).authorise(
        payment_id=new_id(),
        card_id=card,
        amount_minor=20_00,
        currency="EUR",
        merchant="Hotel",
        asked_at=now(),
    )
    ending = {"transfer_to": str(rest.account_id)}

    full = sent(api, f"{account.account_id}/close")
    held = sent(api, f"{account.account_id}/close", ending)
    bind(Cards).release(payment_id=payment.payment_id)
    done = sent(api, f"{account.account_id}/close", ending)

    assert full.json()["code"] == "account_not_empty"
    assert held.json()["code"] == "insufficient_funds"
    assert done.json()["status"] == "closed"
    assert (booked(account.account_id), booked(rest.account_id)) == (0, 50_00)
    assert api.get(f"/api/accounts/cards/{card}").json()["state"] == "cancelled"


def test_what_an_account_has_to_keep_no_payment_and_no_pot_takes(api: APIClient, ada: Principal):
    account = opened(ada, 100_00, minimum_minor=40_00)
    pot = sent(api, f"{account.account_id}/pots", {"name": "Lisbon"}).json()

    with pytest.raises(SpendingLimitExceeded):
        pay(account.account_id, the_world(), 60_01)
    moved = sent(api, f"pots/{pot['id']}/transfer", {"direction": "in", "amount": eur("60.01")})
    pay(account.account_id, the_world(), 60_00)

    assert moved.json()["code"] == "spending_limit_exceeded"
    shown = api.get(f"/api/accounts/{account.account_id}/balance").json()
    assert (shown["booked"], shown["minimum"], shown["available"]) == (
        *(eur("40.00"), eur("40.00")),
        eur("0.00"),
    )


def test_the_change_of_a_payment_lands_in_its_pot_once(api: APIClient, ada: Principal):
    account, plan = opened(ada, 100_00), {"name": "Change", "round_up": eur("1.00")}
    pot = sent(api, f"{account.account_id}/pots", plan).json()
    pay(account.account_id, the_world(), 12_34, kind=PostingKind.CARD)

    for _ in range(2):
        hear_postings()
        pots.carry_out_round_ups(now=now())

    assert booked(UUID(pot["id"])) == 66
    assert booked(account.account_id) == 100_00 - 12_34 - 66


def test_a_statement_says_what_the_ledger_booked(ada: Principal):
    account, world = opened(ada), the_world()
    Account.objects.filter(pk=account.account_id).update(opened_at=datetime(2026, 1, 5, tzinfo=UTC))
    for day, minor in ((6, 500_00), (20, 70_00)):
        at = datetime(2026, 1, day, 12, tzinfo=UTC)
        pay(world, account.account_id, minor, booked_at=at)
    pay(account.account_id, world, 30_00, booked_at=datetime(2026, 2, 3, 9, tzinfo=UTC))

    row = Account.objects.get(pk=account.account_id)
    issued = list(statements.issue_statements(account=row, now=datetime(2026, 3, 2, tzinfo=UTC)))

    assert [(one.opening_minor, one.closing_minor, len(one.lines)) for one in issued] == [
        (0, 570_00, 2),
        (570_00, 540_00, 1),
    ]
    kept = Statement.objects.filter(account_id=account.account_id).order_by("number")
    assert [document_of(one) for one in kept] == issued
    assert booked(account.account_id) == issued[-1].closing_minor


def test_a_reservation_counts_against_the_limit_until_it_is_confirmed_or_let_go(
    api: APIClient, ada: Principal
):
    account, payee = opened(ada, 100_00), opened(person())
    sent(api, f"{account.account_id}/limits", {"period": "month", "amount": eur("50.00")})
    spending = bind(Spending)

    def reserve(minor: int, lasts: timedelta = timedelta(hours=1)) -> UUID:
        return spending.reserve(
            reservation_id=new_id(),
            account_id=account.account_id,
            actor_id=ada.user_id,
            amount_minor=minor,
            currency="EUR",
            target_account_id=payee.account_id,
            description="Rent",
            expires_at=now() + lasts,
        ).hold_id

    first = reserve(40_00)
    with pytest.raises(SpendingLimitExceeded):
        reserve(10_01)
    spending.release(reservation_id=first)
    second = reserve(50_00)
    for _ in range(2):
        spending.confirm(reservation_id=second, posting=_posting(second, account, payee, 50_00))

    assert (booked(account.account_id), booked(payee.account_id)) == (50_00, 50_00)
    assert bind(Ledger).held(hold_id=first).state is HoldState.RELEASED
    with pytest.raises(SpendingLimitExceeded):
        spending.assert_can_debit(
            account_id=account.account_id,
            actor_id=ada.user_id,
            amount_minor=1,
            currency="EUR",
        )


def _posting(posting_id: UUID, source: AccountView, target: AccountView, minor: int) -> Posting:
    return Posting(
        posting_id=posting_id,
        legs=(
            Leg(account_id=source.account_id, amount_minor=-minor, currency="EUR"),
            Leg(account_id=target.account_id, amount_minor=minor, currency="EUR"),
        ),
    )


@pytest.mark.django_db(databases=ALL, transaction=True)
def test_no_debit_slips_through_once_a_freeze_was_answered(api: APIClient, ada: Principal):
    account, world = opened(ada, 100_00), the_world()
    begun, together = threading.Semaphore(0), threading.Barrier(5)

    def spend() -> int:
        spent = 0
        together.wait()
        try:
            while spent < 2_000:
                pay(account.account_id, world, 1)
                spent += 1
                begun.release()
        except (AccountFrozen, InsufficientFunds):
            return spent
        finally:
            connections.close_all()
        return spent

    with ThreadPoolExecutor(4) as threads:
        spenders = [threads.submit(spend) for _ in range(4)]
        together.wait()
        for _ in range(8):
            assert begun.acquire(timeout=120)
        answer = sent(api, f"{account.account_id}/freeze", {"direction": "debit"})
        after_the_answer = booked(account.account_id)
        spent = sum(spender.result() for spender in spenders)

    assert answer.json()["frozen"] == "debit"
    assert booked(account.account_id) == after_the_answer == 100_00 - spent
    assert 8 <= spent < 100_00
