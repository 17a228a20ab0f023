"""The engine answers as the plain ledger does, item by item, to the last balance and version."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.transactions.contracts import (
    Hold,
    LedgerAccountKind,
    Leg,
    Outcome,
    Posting,
    TransactionPosted,
)
from apps.transactions.domain.reference import PlainAccount, PlainLedger
from apps.transactions.models import Account, Entry
from apps.transactions.services import accounts, holding
from apps.transactions.services.posting import post_many
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.outbox import events
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])


@dataclass(frozen=True)
class Kept:
    """An account to be opened; `ready_minor` is put into it before anything else happens."""

    currency: str = "EUR"
    is_system: bool = False
    ready_minor: int = 0
    overdraft_minor: int = 0
    held_minor: int = 0
    debits_frozen: bool = False
    credits_frozen: bool = False
    is_closed: bool = False


@dataclass(frozen=True)
class Item:
    """An item of a batch. Legs name accounts by place; `like` names an earlier item by place.

    `like` alone is a second delivery; with legs it is another posting under the same id.
    """

    legs: tuple[tuple[int, int, str], ...] = ()
    like: int | None = None


WORLD, OTHER_WORLD, UNKNOWN = 0, 1, 8

# Round amounts meet limits exactly, where an engine that is one off gives itself away.
minor = st.sampled_from([1, 50, 50, 100, 100, 200])
ready = st.sampled_from([0, 50, 100, 200, 400])
rarely = st.sampled_from([False] * 3 + [True])

bank = st.tuples(
    st.just(Kept(is_system=True)),
    st.just(Kept("GBP", is_system=True)),
    st.builds(Kept, ready_minor=ready),
    st.builds(Kept, ready_minor=ready, overdraft_minor=st.just(150)),
    st.builds(Kept, ready_minor=st.just(400), held_minor=ready),
    st.builds(Kept, ready_minor=st.just(400), debits_frozen=rarely, credits_frozen=rarely),
    st.builds(Kept, is_closed=rarely),
    st.builds(Kept, currency=st.just("GBP"), ready_minor=ready),
)


@st.composite
def legs(draw: st.DrawFn) -> tuple[tuple[int, int, str], ...]:
    """Return legs that mostly balance, mostly in the accounts' currency."""
    pounds = draw(st.sampled_from([False] * 6 + [True]))
    places = [OTHER_WORLD, 7] if pounds else [WORLD, 2, 3, 4, 5, 6]
    rare = draw(st.sampled_from([(), (), (), (), (), (UNKNOWN,), (2, 2)]))
    chosen = draw(st.permutations(places))[: draw(st.integers(2, 4))]
    chosen = [*rare, *chosen][: max(2, len(chosen))]
    amounts = [draw(minor) * draw(st.sampled_from([-1, 1])) for _ in chosen[1:]]
    if not sum(amounts):
        amounts[0] *= 2
    off = draw(st.sampled_from([0] * 15 + [3]))
    currency = "GBP" if pounds else draw(st.sampled_from(["EUR"] * 15 + ["GBP"]))
    amounts.append(-sum(amounts) + off)
    return tuple((place, amount, currency) for place, amount in zip(chosen, amounts, strict=True))


@st.composite
def exchange(draw: st.DrawFn) -> tuple[tuple[int, int, str], ...]:
    """Return the legs of an exchange: two currencies, each balanced by itself."""
    euros, pounds = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    customer = draw(st.sampled_from([2, 3]))
    return (
        (customer, -euros, "EUR"),
        (WORLD, euros, "EUR"),
        (OTHER_WORLD, -pounds, "GBP"),
        (7, pounds, "GBP"),
    )


items = st.lists(
    st.one_of(
        *[st.builds(Item, legs())] * 5,
        st.builds(Item, exchange()),
        st.builds(Item, like=st.integers(0, 60)),
        st.builds(Item, legs(), like=st.integers(0, 60)),
    ),
    min_size=8,
    max_size=25,
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bank, st.lists(items, min_size=1, max_size=3))
def test_the_engine_answers_as_the_plain_ledger_does(
    kept: tuple[Kept, ...], batches: list[list[Item]]
) -> None:
    ids = [_opened(account) for account in kept] + [new_id()]
    plain = PlainLedger(accounts={i: _plain(k) for i, k in zip(ids, kept, strict=False)})
    known: list[Posting] = []

    for batch in batches:
        postings = []
        for item in batch:
            posting = _posting(item, ids, known)
            known.append(posting)
            postings.append(posting)
        expected = [plain.post(posting) for posting in postings]
        assert [_said(outcome) for outcome in post_many(postings)] == expected

    found = {a.pk: (a.booked_minor, a.version) for a in Account.objects.filter(pk__in=ids)}
    assert found == {i: (a.balance_minor, a.version) for i, a in plain.accounts.items()}
    assert not [breach for law in LAWS for breach in breaches_of(law)]
    _the_outbox_tells_what_stands(set(plain.hashes))


def _opened(kept: Kept) -> UUID:
    account_id = new_id()
    accounts.open_account(
        account_id=account_id,
        owner_id=None if kept.is_system else new_id(),
        currency=kept.currency,
        kind=LedgerAccountKind.SYSTEM if kept.is_system else LedgerAccountKind.CUSTOMER,
        name="",
        overdraft_minor=kept.overdraft_minor,
        opened_at=now(),
    )
    if kept.ready_minor:
        world = _opened(Kept(kept.currency, is_system=True))
        legs_ = (
            Leg(account_id=world, amount_minor=-kept.ready_minor, currency=kept.currency),
            Leg(account_id=account_id, amount_minor=kept.ready_minor, currency=kept.currency),
        )
        (outcome,) = post_many([Posting(posting_id=new_id(), legs=legs_)])
        assert outcome.posted
    if kept.held_minor:
        hold = Hold(
            hold_id=new_id(),
            account_id=account_id,
            amount_minor=kept.held_minor,
            currency=kept.currency,
            expires_at=now() + timedelta(days=1),
        )
        holding.place(hold=hold, placed_at=now())
    Account.objects.filter(pk=account_id).update(
        debits_frozen=kept.debits_frozen,
        credits_frozen=kept.credits_frozen,
        closed_at=now() if kept.is_closed else None,
    )
    return account_id


def _plain(kept: Kept) -> PlainAccount:
    return PlainAccount(
        currency=kept.currency,
        floor_minor=None if kept.is_system else kept.held_minor - kept.overdraft_minor,
        balance_minor=kept.ready_minor,
        version=1 if kept.ready_minor else 0,
        debits_frozen=kept.debits_frozen,
        credits_frozen=kept.credits_frozen,
        closed=kept.is_closed,
    )


def _posting(item: Item, ids: list[UUID], known: list[Posting]) -> Posting:
    earlier = known[item.like % len(known)] if item.like is not None and known else None
    if not item.legs:
        return earlier or Posting(posting_id=new_id(), legs=())  # which is malformed
    return Posting(
        posting_id=earlier.posting_id if earlier else new_id(),
        legs=tuple(
            Leg(account_id=ids[place], amount_minor=minor, currency=currency)
            for place, minor, currency in item.legs
        ),
        description='said "so" \\ \u202eברוך',
    )


def _said(outcome: Outcome) -> str:
    if outcome.posted:
        return "replayed" if outcome.replayed else "posted"
    return outcome.code


def _the_outbox_tells_what_stands(posting_ids: set[UUID]) -> None:
    told: dict[UUID, TransactionPosted] = {
        event.posting_id: event for event in events() if event.posting_id in posting_ids
    }
    assert set(told) == posting_ids
    for posting_id, event in told.items():
        said: set[tuple[Any, ...]] = {
            (leg.account_id, leg.amount_minor, leg.balance_after_minor, leg.version)
            for leg in event.legs
        }
        kept = Entry.objects.filter(posting_id=posting_id).values_list(
            "account_id", "amount_minor", "balance_after_minor", "version"
        )
        assert said == set(kept)
        assert event.description == 'said "so" \\ \u202eברוך'


def test_an_unknown_account_among_a_thousand_items_costs_the_others_nothing() -> None:
    world = _opened(Kept(is_system=True))
    people = [_opened(Kept()) for _ in range(5)]
    batch = [
        Posting(
            posting_id=new_id(),
            legs=(
                Leg(account_id=world, amount_minor=-1, currency="EUR"),
                Leg(
                    account_id=new_id() if place == 500 else people[place % 5],
                    amount_minor=1,
                    currency="EUR",
                ),
            ),
        )
        for place in range(1_000)
    ]

    outcomes = post_many(batch)

    assert [place for place, outcome in enumerate(outcomes) if not outcome.posted] == [500]
    assert outcomes[500].code == "account_not_found"
    assert Account.objects.get(pk=world).booked_minor == -999


def test_a_balance_that_the_ledger_could_not_hold_is_refused_and_no_crash() -> None:
    world, vault = _opened(Kept(is_system=True)), _opened(Kept(is_system=True))
    most = 9_000_000_000_000_000
    batch = [
        Posting(
            posting_id=new_id(),
            legs=(
                Leg(account_id=world, amount_minor=-most, currency="EUR"),
                Leg(account_id=vault, amount_minor=most, currency="EUR"),
            ),
        )
        for _ in range(1_100)
    ]

    outcomes = post_many(batch)

    assert [outcome.posted for outcome in outcomes] == [True] * 444 + [False] * 656
    assert {outcome.code for outcome in outcomes[444:]} == {"balance_out_of_range"}
    assert Account.objects.get(pk=vault).booked_minor == 444 * most


def test_a_batch_is_one_statement_however_large(django_assert_num_queries: Any) -> None:
    world, alice = _opened(Kept(is_system=True)), _opened(Kept())
    batch = [
        Posting(
            posting_id=new_id(),
            legs=(
                Leg(account_id=world, amount_minor=-1, currency="EUR"),
                Leg(account_id=alice, amount_minor=1, currency="EUR"),
            ),
        )
        for _ in range(300)
    ]

    # The fence, and what the test's own transaction adds; limits and engine go past Django's count.
    with django_assert_num_queries(3, using=alias_of("transactions")):
        post_many(batch)

    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("select count(*) from transactions_entry where account_id = %s", [alice])
        assert cursor.fetchone() == (300,)
