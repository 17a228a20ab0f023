"""Several legs, exchange at a quoted rate, and estimates that keep nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.contracts import ExchangeRates
from apps.transactions.contracts.exchange import InvalidRate, RateExists, SameCurrency
from apps.transactions.domain.exchange import converted, fee_of
from apps.transactions.models import Account, Entry, Hold, Quote
from apps.transactions.services import exchanging
from apps.transactions.services.exchanging import Exchange, QuoteUsed
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_at_once import at_once
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.money import Money, UnknownCurrency
from vortex.outbox.models import Message
from vortex.testing import client_of, person

OWN = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[OWN])


def leg(account_id: UUID, amount: str, currency: str = "EUR") -> dict[str, Any]:
    """Return a leg as it is sent."""
    return {"account_id": str(account_id), "amount": {"amount": amount, "currency": currency}}


def rated(rate: str = "1.10", spread_ppm: int = 10_000) -> None:
    """Let euros be exchanged for dollars and yen."""
    staff = client_of(person("administrator"))
    for quote, value in (("USD", rate), ("JPY", "160.5")):
        what = {"base": "EUR", "quote": quote, "rate": value, "spread_ppm": spread_ppm}
        answer = staff.post("/api/transactions/rates", what)
        assert answer.status_code == 201, answer.content


def quoted(alice: Principal, amount: str = "100.00", target: str = "USD") -> Any:
    """Ask for a quote."""
    what = {"source": {"amount": amount, "currency": "EUR"}, "target_currency": target}
    return client_of(alice).post("/api/transactions/quotes", what)


def used(alice: Principal, quote: str, source: UUID, target: UUID) -> Any:
    """Use a quote."""
    what = {
        "quote_id": quote,
        "source_account_id": str(source),
        "target_account_id": str(target),
    }
    return send(client_of(alice), what, path="/exchange")


def laws_hold() -> bool:
    """Say whether no law is broken."""
    return not [breach for law in LAWS for breach in breaches_of(law)]


def test_several_legs_move_together_or_not_at_all() -> None:
    alice = person()
    source, second = account_of(alice, 1000), account_of(alice, 1000)
    bob, fees = account_of(person()), account_of(None)

    def asked(*legs: dict[str, Any]) -> Any:
        return send(client_of(alice), {"legs": list(legs)}, path="/legs")

    good = asked(leg(source, "-5.00"), leg(second, "-5.00"), leg(bob, "9.50"), leg(fees, "0.50"))
    poor = asked(leg(source, "-9.00"), leg(second, "-1.00"), leg(bob, "10.00"))
    odd = asked(leg(source, "-1.00"), leg(bob, "0.99"))
    theirs = asked(leg(bob, "-1.00"), leg(source, "1.00"))
    zero = asked(leg(source, "0.00"), leg(bob, "0.00"))

    assert good.status_code == 201, good.content
    assert [e["account_id"] for e in good.data["entries"]].count(str(bob)) == 0
    assert poor.data["code"] == "insufficient_funds"
    assert odd.data["code"] == "unbalanced_posting"
    assert theirs.data["code"] == "account_not_found"
    assert zero.data["code"] == "malformed_posting"
    assert [booked(a) for a in (source, second, bob, fees)] == [500, 500, 950, 50]
    assert laws_hold()


def test_an_exchange_moves_both_currencies_at_the_quoted_rate_and_says_it() -> None:
    alice = person()
    source, target = account_of(alice, 20_000), account_of(alice, currency="USD")
    rated()

    quote = quoted(alice)
    answer = used(alice, quote.data["id"], source, target)

    assert quote.data["target"] == {"amount": "108.90", "currency": "USD"}
    assert quote.data["fee"] == {"amount": "0.15", "currency": "EUR"}
    assert answer.status_code == 201, answer.content
    assert answer.data["reference"].startswith("1 EUR = 1.1 USD")
    assert (booked(source), booked(target)) == (20_000 - 10_015, 10_890)
    own = {a.name: a.booked_minor for a in Account.objects.filter(kind="system", name__gt="")}
    assert own == {"Liquidity EUR": 10_000, "Liquidity USD": -10_890, "Exchange fees EUR": 15}
    assert laws_hold()


def test_a_quote_is_good_once_for_its_holder_and_for_a_minute() -> None:
    alice, eve = person(), person()
    source, target = account_of(alice, 50_000), account_of(alice, currency="USD")
    rated()
    first, second = (quoted(alice).data["id"] for _ in range(2))

    assert used(alice, first, source, target).status_code == 201
    assert used(alice, first, source, target).data["code"] == "quote_used"
    assert used(eve, second, source, target).data["code"] == "quote_not_found"
    assert used(alice, second, target, source).data["code"] == "currency_mismatch"
    Quote.objects.filter(pk=second).update(expires_at=now() - timedelta(seconds=1))
    assert used(alice, second, source, target).data["code"] == "quote_expired"


def test_of_many_who_use_one_quote_at_once_one_does() -> None:
    alice = person()
    source, target = account_of(alice, 50_000), account_of(alice, currency="USD")
    rated()
    quote = UUID(quoted(alice).data["id"])

    outcomes = at_once(
        [
            lambda: exchanging.exchange(
                exchange=Exchange(new_id(), quote, source, target),
                owner_id=alice.user_id,
                at=now(),
            )
            for _ in range(12)
        ]
    )

    assert len([o for o in outcomes if isinstance(o, QuoteUsed)]) == 11
    assert booked(target) == 10_890


@pytest.mark.parametrize(
    ("amount", "target", "code"),
    [
        ("100.00", "GBP", "no_exchange_rate"),
        ("100.00", "EUR", "same_currency"),
        ("100.00", "XXQ", "unknown_currency"),
        ("0.00", "USD", "validation_failed"),
    ],
)
def test_what_cannot_be_exchanged_is_not_quoted(amount: str, target: str, code: str) -> None:
    rated()

    assert quoted(person(), amount, target).data["code"] == code


def test_only_administrators_set_rates() -> None:
    what = {"base": "EUR", "quote": "USD", "rate": "1", "spread_ppm": 0}

    assert client_of(person()).post("/api/transactions/rates", what).status_code == 403
    assert client_of(person()).get("/api/transactions/rates").data["items"] == []
    for bad in ({"rate": "0"}, {"rate": "-1"}, {"rate": "NaN"}, {"spread_ppm": 1_000_000}):
        answer = client_of(person("administrator")).post("/api/transactions/rates", what | bad)
        assert answer.status_code in {400, 422}, answer.content


@given(
    minor=st.integers(1, 10**12),
    rate=st.decimals("0.000001", "100000", places=6),
    spread=st.integers(0, 999_999),
)
def test_going_there_and_back_never_pays(minor: int, rate: Decimal, spread: int) -> None:
    source = Money(minor, "EUR")

    there = converted(source, "JPY", rate=rate, spread_ppm=spread)
    back = converted(there, "EUR", rate=1 / rate, spread_ppm=spread)

    assert back.minor <= minor
    assert fee_of(source, 1_500).minor * 1_000_000 >= minor * 1_500


@pytest.mark.parametrize("more", [{}, {"pending": True}])
def test_an_estimate_answers_like_the_transfer_and_keeps_nothing(more: dict[str, Any]) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    entries, messages = Entry.objects.count(), Message.objects.using(OWN).count()

    asked = body(source, target, "2.50") | more
    estimate = client_of(alice).post("/api/transactions/estimate", asked)
    kept = (booked(source), Entry.objects.count(), Hold.objects.count())
    made = send(client_of(alice), asked)

    assert estimate.status_code == 200, estimate.content
    assert kept == (1000, entries, 0)
    assert Message.objects.using(OWN).count() > messages
    fresh = {"id", "booked_at", "placed_at", "expires_at"}
    assert {k: v for k, v in estimate.data.items() if k not in fresh} == {
        k: v for k, v in made.data.items() if k not in fresh
    }


def test_an_estimate_refuses_what_the_transfer_would_refuse() -> None:
    alice = person()
    source, target = account_of(alice, 100), account_of(person())

    answer = client_of(alice).post("/api/transactions/estimate", body(source, target, "2.50"))

    assert (answer.status_code, answer.data["code"]) == (422, "insufficient_funds")


def test_a_rate_that_another_part_of_the_bank_sets_twice_is_set_once():
    said: dict[str, Any] = {"base": "EUR", "quote": "USD", "rate_ppb": 1_250_000_000}
    once = {"rate_id": new_id(), "by": new_id(), "at": now(), "spread_ppm": 0, **said}

    first = bind(ExchangeRates).set_rate(**once)
    again = bind(ExchangeRates).set_rate(**once)

    assert again == first
    assert quoted(person("customer")).json()["target"] == {"amount": "125.00", "currency": "USD"}
    with pytest.raises(RateExists):
        bind(ExchangeRates).set_rate(**{**once, "rate_id": new_id()})
    with pytest.raises(SameCurrency):
        bind(ExchangeRates).set_rate(**{**once, "rate_id": new_id(), "quote": "EUR"})
    with pytest.raises(UnknownCurrency):
        bind(ExchangeRates).set_rate(**{**once, "rate_id": new_id(), "quote": "XYZ"})
    for wrong in ({"rate_ppb": 0}, {"spread_ppm": 1_000_000}, {"spread_ppm": -1}):
        with pytest.raises(InvalidRate):
            bind(ExchangeRates).set_rate(**{**once, "rate_id": new_id(), **wrong})
