"""The chain over postings: one, without a fork, and broken by whatever is changed behind it."""

from functools import partial
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.contracts import TransactionPosted
from apps.transactions.domain.chain import ChainedEntry, ChainedPosting, link
from apps.transactions.models import ChainLink
from apps.transactions.services import chaining
from apps.transactions.services.posting import post
from apps.transactions.tests.test_at_once import account_with, at_once, transfer
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

OWN = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[OWN])


def posted(count: int) -> list[UUID]:
    """Make postings and return their ids."""
    alice, bob = account_with(10_000), account_with(0)
    return [post(transfer(alice, bob, 1)).posting_id for _ in range(count)]


def behind_the_back(table: str, change: str, posting_id: UUID) -> None:
    """Change a row as somebody would who owns the database, past triggers."""
    with connections[OWN].cursor() as cursor:
        cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute(change.format(table=table), (posting_id,))
        cursor.execute(f"alter table {table} enable trigger user")


def test_every_posting_has_one_place_however_often_it_is_heard() -> None:
    ids = posted(5)

    assert chaining.append(posting_ids=ids, at=now()) == 5
    assert chaining.append(posting_ids=[*ids, *ids], at=now()) == 0

    assert list(ChainLink.objects.order_by("seq").values_list("posting_id", flat=True)) == ids
    assert list(chaining.verify()) == []


def test_those_who_add_at_once_make_one_chain() -> None:
    ids = posted(40)

    at_once([partial(chaining.append, posting_ids=ids[i::8], at=now()) for i in range(8)])

    assert list(ChainLink.objects.order_by("seq").values_list("seq", flat=True)) == [*range(1, 41)]
    assert list(chaining.verify()) == []


def test_a_link_is_neither_changed_nor_removed() -> None:
    chaining.append(posting_ids=posted(1), at=now())

    with pytest.raises(DatabaseError):
        ChainLink.objects.update(seq=9)
    with pytest.raises(DatabaseError):
        ChainLink.objects.all().delete()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("transactions_posting", "update {table} set description = 'rent' where id = %s"),
        (
            "transactions_posting",
            "update {table} set booked_at = booked_at + interval '1 us' where id = %s",
        ),
        ("transactions_posting", "delete from {table} where id = %s"),
        ("transactions_entry", "update {table} set amount_minor = 2 where posting_id = %s"),
        ("transactions_entry", "delete from {table} where posting_id = %s"),
        ("transactions_chain_link", "delete from {table} where posting_id = %s"),
    ],
)
def test_whatever_is_changed_behind_the_banks_back_breaks_it(table: str, change: str) -> None:
    ids = posted(5)
    chaining.append(posting_ids=ids, at=now())

    behind_the_back(table, change, ids[2])

    assert [found.seq for found in chaining.verify()][:1] in ([3], [4])
    with pytest.raises(CommandError, match="broken"):
        call_command("ledger", "chain", "verify", stdout=StringIO())


def test_the_command_says_what_holds_and_the_endpoint_is_for_staff() -> None:
    chaining.append(posting_ids=posted(3), at=now())
    said = StringIO()

    call_command("ledger", "chain", "verify", stdout=said)
    answer = client_of(person("compliance_officer")).get("/api/transactions/integrity")

    assert "holds" in said.getvalue()
    assert answer.data["whole"] is True, answer.data
    assert answer.data["chain"]["length"] == 3
    assert answer.data["chain"]["waiting"] > 0  # the openings
    assert client_of(person()).get("/api/transactions/integrity").status_code == 403


def test_a_posting_is_chained_when_it_is_heard() -> None:
    from apps.transactions.handlers import chain_postings
    from vortex.db import unit_of_work

    (posting_id,) = posted(1)
    event = TransactionPosted(
        posting_id=posting_id,
        kind="transfer",
        description="",
        category="",
        counterparty="",
        booked_at=now(),
        effective_date=now().date(),
        reverses=None,
        legs=(),
    )

    with unit_of_work("transactions"):
        chain_postings([event])

    assert ChainLink.objects.get().posting_id == posting_id


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_words_that_move_from_one_field_to_the_next_are_another_posting(
    first: str, second: str, moved: str
) -> None:
    at, posting_id = now(), new_id()

    def hashed(description: str, category: str) -> bytes:
        entry = ChainedEntry(posting_id, 1, 1, "EUR", 1)
        return link(
            b"",
            1,
            ChainedPosting(
                *(posting_id, "transfer", description, category, "", "", at, at.date(), None, None),
                entries=(entry,),
            ),
        )

    assert (hashed(first + moved, second) == hashed(first, moved + second)) == (
        (first + moved, second) == (first, moved + second)
    )
