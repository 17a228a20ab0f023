"""What other contexts read of histories and file in them, through the contract."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    History,
    PostingNotFound,
    RangeTooWide,
    UnknownCategory,
)
from apps.transactions.models import Annotation, ChainLink
from apps.transactions.services import chaining
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_search import paid
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])


def test_a_reference_finds_ones_own_postings_exactly_and_hides_the_payers_words() -> None:
    alice, bob = person(), person()
    asked = body(account_of(alice, 1_000), account_of(bob), "1.00")
    send(
        client_of(alice), asked | {"reference": "INV-7", "counterparty": "Bob", "category": "pets"}
    )
    send(client_of(alice), asked | {"reference": "INV-77"})

    def find(owner: Principal) -> list[tuple[int, str, str]]:
        found = bind(History).find_by_reference(owner_id=owner.user_id, reference="INV-7")
        return [(one.amount_minor, one.counterparty, one.category) for one in found]

    assert find(alice) == [(-100, "Bob", "pets")]
    assert find(bob) == [(100, "", "transfers")]
    assert find(person()) == []


def test_a_model_reads_a_history_in_pages_and_files_what_nobody_has_filed() -> None:
    alice = person()
    made = UUID(paid(alice, "3.00", "vet", category="other"))
    since = now() - timedelta(days=1)

    first = bind(History).history_for_model(owner_id=alice.user_id, since=since, limit=1)
    rest = bind(History).history_for_model(
        owner_id=alice.user_id, since=since, after=first[0].posting_id
    )
    assert [one.description for one in (*first, *rest)] == ["opening", "vet"]

    def file(category: str, source: str = "model", owner: Principal = alice) -> bool:
        return bind(History).set_category(
            posting_id=made,
            owner_id=owner.user_id,
            category=category,
            source=source,
            confidence=250,
        )

    assert file("pets")
    assert Annotation.objects.get().confidence == 100
    client_of(alice).patch(f"/api/transactions/{made}", {"category": "health"})
    assert not file("gifts")
    assert not file("gifts", source="customer")
    assert Annotation.objects.get().category == "health"
    with pytest.raises(PostingNotFound):
        file("pets", owner=person())
    with pytest.raises(UnknownCategory):
        file("nonsense")


def test_sums_are_those_of_the_list() -> None:
    alice = person()
    paid(alice, "3.00", "vet", category="pets")
    paid(alice, "4.00", "toy", category="pets")
    sums = bind(History).sum_by(
        owner_id=alice.user_id, by="category", since=now() - timedelta(days=1), until=now()
    )

    assert {one.key: one.debits_minor for one in sums if one.debits_minor} == {"pets": -700}
    for by, days in (("password", 1), ("category", -1)):
        with pytest.raises(RangeTooWide):
            bind(History).sum_by(
                owner_id=alice.user_id, by=by, since=now(), until=now() + timedelta(days=days)
            )


def test_a_part_of_the_chain_is_proved_and_a_changed_link_is_named() -> None:
    alice = person()
    source, target = account_of(alice, 10_000), account_of(person())
    ids = [UUID(send(client_of(alice), body(source, target, "1.00")).data["id"]) for _ in range(6)]
    chaining.append(posting_ids=ids, at=now())

    whole = bind(History).verify_chain(first=1, last=6)
    part = bind(History).verify_chain(first=3, last=5)
    beyond = bind(History).verify_chain(first=3, last=9)

    assert (whole.breaks, part.breaks, beyond.breaks) == ((), (), ())
    assert whole.head == bytes(ChainLink.objects.get(seq=6).hash).hex()
    for first, last in ((0, 5), (5, 4), (1, 10_001)):
        with pytest.raises(RangeTooWide):
            bind(History).verify_chain(first=first, last=last)


def test_a_link_that_does_not_fit_is_found_in_its_part_and_not_in_another() -> None:
    from django.db import connections

    alice = person()
    source, target = account_of(alice, 10_000), account_of(person())
    ids = [UUID(send(client_of(alice), body(source, target, "1.00")).data["id"]) for _ in range(6)]
    chaining.append(posting_ids=ids, at=now())
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("alter table transactions_chain_link disable trigger user")
        cursor.execute(
            "update transactions_chain_link set posting_id = %s where seq = 4", [new_id()]
        )
        cursor.execute("alter table transactions_chain_link enable trigger user")

    assert "4: posting" in bind(History).verify_chain(first=3, last=5).breaks[0]
    assert bind(History).verify_chain(first=5, last=6).breaks == ()
