"""One statement serves a group: what is plain is made and remembered, the rest is left alone."""

from typing import Final
from uuid import UUID

import msgspec
import pytest
from django.db import OperationalError, connections

from apps.transactions.contracts import PostingKind
from apps.transactions.domain.posting import content_hash
from apps.transactions.lane import answers
from apps.transactions.models import Account, Entry
from apps.transactions.models import Posting as PostingRow
from apps.transactions.services.serving import Wanted, serve
from apps.transactions.services.transferring import Made, Transfer, posting_of
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of
from vortex.contracts import Principal
from vortex.db import CallInsideTransactionError, alias_of, unit_of_work
from vortex.idempotency.models import Remembered
from vortex.ids import new_id
from vortex.money import Money
from vortex.testing import person

DATABASE: Final = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[DATABASE])
PATH: Final = "/api/transactions"
# Characters that JSON escapes in one way or another, and some that look as if it would.
TEXT: Final = '"\\/\b\f\n\r\t\x01\x1f\x7f é€😀 </script> \u2028\u2029'


def wanted(
    payer: Principal, source: UUID, target: UUID, amount: str = "1.00", currency: str = "EUR"
) -> Wanted:
    transfer = Transfer(
        posting_id=new_id(),
        source_account_id=source,
        target_account_id=target,
        amount=Money.parse(amount, currency),
        description=TEXT,
        counterparty=TEXT,
        reference="",
        category="transfers",
        effective_date=None,
    )
    return Wanted(
        caller=f"user:{payer.user_id}",
        key=new_id().hex,
        request_hash=b"what was asked",
        transfer=transfer,
        owner_id=payer.user_id,
        headers="{}",
        head=answers.head_of(transfer),
        location=f"{PATH}/{transfer.posting_id}",
    )


def as_the_api_says_it(one: Wanted, *, own_target: bool) -> bytes:
    """Return the answer that the longer way gives to the transfer that stands."""
    transfer = one.transfer
    row = PostingRow.objects.get(pk=transfer.posting_id)
    places = {
        entry.account_id: (entry.balance_after_minor, entry.version)
        for entry in Entry.objects.filter(posting_id=row.pk)
    }
    target = places[transfer.target_account_id] if own_target else None
    made = Made(row.booked_at, places[transfer.source_account_id], target)
    return answers.made(transfer, made, PATH).body


def balances(*account_ids: UUID) -> list[int]:
    found = dict(Account.objects.filter(pk__in=account_ids).values_list("id", "booked_minor"))
    return [found[account_id] for account_id in account_ids]


def test_the_answer_is_that_of_the_longer_way_and_stands_under_the_key() -> None:
    alice = person()
    source, savings = account_of(alice, 10_000), account_of(alice)
    others, own = wanted(alice, source, account_of(person())), wanted(alice, source, savings)

    bodies = serve([others, own])

    assert bodies == [
        as_the_api_says_it(others, own_target=False),
        as_the_api_says_it(own, own_target=True),
    ]
    for one, body in zip((others, own), bodies, strict=True):
        kept = Remembered.objects.using(DATABASE).get(caller=one.caller, key=one.key)
        assert (bytes(kept.body), kept.status) == (body, 201)
        assert bytes(kept.request_hash) == one.request_hash
        assert kept.headers == {"Location": one.location}


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "7"), ("KWD", "0.007"), ("CLF", "1.0001"), ("EUR", "0.01")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, amount: str) -> None:
    alice = person()
    source = account_of(alice, 12_345_678, currency=currency)
    one = wanted(alice, source, account_of(alice, currency=currency), amount, currency)

    (body,) = serve([one])

    assert body == as_the_api_says_it(one, own_target=True)


def test_a_posting_is_the_same_to_the_engine_whichever_way_it_came() -> None:
    alice = person()
    one = wanted(alice, account_of(alice, 100), account_of(person()))

    serve([one])

    kept = PostingRow.objects.get(pk=one.transfer.posting_id)
    assert bytes(kept.content_hash) == content_hash(posting_of(one.transfer, alice.user_id))
    assert (kept.kind, kept.actor_id) == (PostingKind.TRANSFER.value, alice.user_id)


def test_what_is_not_plain_is_left_alone_and_the_others_are_made() -> None:
    alice, bob = person(), person()
    source, poor, shop = account_of(alice, 1_000), account_of(alice), account_of(bob)
    frozen = account_of(alice, 1_000)
    Account.objects.filter(pk=frozen).update(debits_frozen=True)
    plain = wanted(alice, source, shop)
    strange = [
        wanted(alice, shop, source),  # another's account
        wanted(alice, new_id(), shop),  # nobody's
        wanted(alice, poor, shop),
        wanted(alice, frozen, shop),
        wanted(alice, source, shop, "1", "JPY"),
        wanted(alice, source, new_id()),
    ]

    bodies = serve([*strange[:3], plain, *strange[3:]])

    assert [body is not None for body in bodies] == [False] * 3 + [True] + [False] * 3
    assert balances(source, poor, shop, frozen) == [900, 0, 100, 1_000]
    assert Remembered.objects.using(DATABASE).count() == 1
    assert [law for law in LAWS if breaches_of(law)] == []


def test_a_key_that_stands_or_is_held_is_left_alone_with_its_transfer() -> None:
    alice = person()
    source, shop = account_of(alice, 1_000), account_of(person())
    first = wanted(alice, source, shop)
    serve([first])
    again = msgspec.structs.replace(first)

    assert serve([again]) == [None]
    (left, made) = serve([again, wanted(alice, source, shop)])

    assert left is None
    assert made is not None
    assert balances(source, shop) == [800, 200]


def test_an_account_with_limits_pays_the_longer_way() -> None:
    alice = person()
    source, free, shop = account_of(alice, 1_000), account_of(alice, 1_000), account_of(person())
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "insert into transactions_limit (id, account_id, period, channel, amount_minor)"
            " values (%s, %s, 'day', 'any', 50)",
            (new_id(), source),
        )

    limited, plain = serve([wanted(alice, source, shop), wanted(alice, free, shop)])

    assert (limited, plain is not None) == (None, True)
    assert balances(source, free, shop) == [1_000, 900, 100]


def test_it_is_a_transaction_of_its_own() -> None:
    alice = person()
    one = wanted(alice, account_of(alice, 100), account_of(person()))

    with unit_of_work("transactions"), pytest.raises(CallInsideTransactionError):
        serve([one])


def test_a_statement_that_fails_leaves_nothing_and_the_connection_serves_on() -> None:
    alice = person()
    source, shop = account_of(alice, 1_000), account_of(person())
    broken = wanted(alice, source, shop)
    unreadable = msgspec.structs.replace(broken, headers="no json")

    with pytest.raises(Exception, match="json"):
        serve([wanted(alice, source, shop), unreadable])

    assert balances(source, shop) == [1_000, 0]
    assert Remembered.objects.using(DATABASE).count() == 0
    assert serve([broken]) != [None]


def test_a_connection_that_was_cut_is_told_apart_from_a_refusal() -> None:
    alice = person()
    one = wanted(alice, account_of(alice, 100), account_of(person()))
    connection = connections[DATABASE]
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", (backend,))
    other.close()

    with pytest.raises(OperationalError):
        serve([one])
    connection.close_if_unusable_or_obsolete()

    assert serve([one]) != [None]
