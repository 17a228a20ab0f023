"""Splits and categories: parts add up, sums count them, and a tree of categories stays a tree."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.transactions.contracts import CategoryExists, CategoryLoop
from apps.transactions.models import Annotation, Category, Split
from apps.transactions.services import annotating
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.outbox import said
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_search import found, paid
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def part(amount: str, category: str, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"amount": {"amount": amount, "currency": currency}, "category": category, **more}


def put(owner: Principal, posting_id: str, *parts: dict[str, Any]) -> Any:
    return client_of(owner).put(f"/api/transactions/{posting_id}/split", {"parts": list(parts)})


def sums(owner: Principal, **asked: Any) -> dict[str, str]:
    answer = client_of(owner).get("/api/transactions/aggregate", {"direction": "out", **asked})
    return {one["key"]: one["debits"]["amount"] for one in answer.data["items"]}


def own(owner: Principal, name: str, parent: str) -> Any:
    return client_of(owner).post(
        "/api/transactions/categories/own", {"name": name, "parent": parent}
    )


def test_the_parts_of_a_transaction_are_counted_each_under_its_category() -> None:
    alice = person()
    made = paid(alice, "43.20", "supermarket", category="groceries")

    done = put(alice, made, part("31.20", "groceries"), part("12.00", "gifts", note="Flowers"))

    assert done.status_code == 200, done.content
    assert done.data["parts"][1] == part("12.00", "gifts", note="Flowers")
    assert client_of(alice).get(f"/api/transactions/{made}").data["is_split"]
    assert sums(alice) == {"groceries": "-31.20", "gifts": "-12.00"}
    assert sums(alice, category="gifts") == {"gifts": "-12.00"}
    assert sums(alice, by="month").popitem()[1] == "-43.20"
    assert found(alice, category="gifts") == found(alice, category="groceries") == ["supermarket"]
    listed = client_of(alice).get("/api/transactions", {"category": "gifts"}).data["items"]
    assert [(one["id"], one["is_split"]) for one in listed] == [(made, True)]
    assert client_of(alice).delete(f"/api/transactions/{made}/split").status_code == 204
    assert sums(alice) == {"groceries": "-43.20"}


@pytest.mark.parametrize(
    "parts",
    [
        [part("31.20", "groceries"), part("12.01", "gifts")],
        [part("43.20", "groceries")],
        [part("43.21", "groceries"), part("-0.01", "gifts")],
        [part("43.20", "groceries"), part("0.00", "gifts")],
        [part("31.20", "groceries"), part("12.00", "gifts", currency="USD")],
        [part("31.20", "groceries"), part("12.00", "nonsense")],
        [part("0.01", "gifts")] * 21,
    ],
)
def test_parts_that_do_not_add_up_are_refused(parts: list[dict[str, Any]]) -> None:
    alice = person()
    made = paid(alice, "43.20", "supermarket")

    refused = put(alice, made, *parts)

    assert refused.status_code == 422
    assert Split.objects.count() == 0


def test_nobody_splits_reads_or_joins_what_is_not_theirs_and_own_transfers_stay_whole() -> None:
    alice, eve = person(), client_of(person())
    made = paid(alice, "2.00", "x")
    at = f"/api/transactions/{made}/split"
    between = send(client_of(alice), body(account_of(alice, 500), account_of(alice), "2.00")).data[
        "id"
    ]

    two = {"parts": [part("1.00", "gifts"), part("1.00", "pets")]}
    assert [eve.put(at, two).status_code, eve.get(at).status_code, eve.delete(at).status_code] == [
        404
    ] * 3
    assert put(alice, between, *two["parts"]).data["code"] == "split_refused"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(1, 500), min_size=2, max_size=20))
def test_whatever_the_parts_the_sums_are_those_of_the_whole(minors: list[int]) -> None:
    alice = person()
    whole = sum(minors)
    made = paid(alice, f"{whole // 100}.{whole % 100:02}", "x")
    keys = ("gifts", "pets", "travel")
    parts = [
        part(f"{minor // 100}.{minor % 100:02}", keys[place % 3])
        for place, minor in enumerate(minors)
    ]

    assert put(alice, made, *parts).status_code == 200

    assert sum(round(float(amount) * 100) for amount in sums(alice).values()) == -whole
    assert [law.name for law in LAWS if breaches_of(law)] == []


def test_a_category_takes_those_below_it_along_and_finds_what_they_hold() -> None:
    alice = person()
    made = paid(alice, "3.00", "baguette")
    food = own(alice, "Food", "groceries").data["key"]
    bread = own(alice, "Bread", food).data["key"]
    client_of(alice).patch(f"/api/transactions/{made}", {"category": bread})

    assert found(alice, category="groceries") == found(alice, category=food) == ["baguette"]
    moved = client_of(alice).patch(
        f"/api/transactions/categories/own/{food}", {"parent": "shopping"}
    )

    assert moved.data["parent"] == "shopping"
    assert found(alice, category="shopping") == ["baguette"]
    assert found(alice, category="groceries") == []
    client_of(alice).delete(f"/api/transactions/categories/own/{food}")
    assert Category.objects.get().parent == "shopping"


def test_a_category_hangs_under_none_of_its_own_nor_too_deep_nor_under_anothers() -> None:
    alice, eve = person(), person()
    keys = ["groceries"]
    for depth in range(5):
        keys.append(own(alice, f"Level {depth}", keys[-1]).data["key"])
    at = f"/api/transactions/categories/own/{keys[1]}"

    codes = [
        own(alice, "Too deep", keys[-1]).data["code"],
        client_of(alice).patch(at, {"parent": keys[3]}).data["code"],
        client_of(alice).patch(at, {"parent": keys[1]}).data["code"],
        own(eve, "Mine", keys[1]).data["code"],
        client_of(eve).patch(at, {"parent": "gifts"}).data["code"],
        client_of(alice).patch(at, {"name": "level 3"}).data["code"],
    ]

    assert codes == [
        *("category_loop", "category_loop", "category_loop"),
        *("unknown_category", "category_not_found", "category_exists"),
    ]


def test_of_two_renamed_alike_at_once_one_is_and_of_a_rename_and_an_end_nothing_is_lost() -> None:
    alice = person()
    made = paid(alice, "5.00", "x")
    one, two = (own(alice, name, "leisure").data["key"] for name in ("Chess", "Cards"))
    client_of(alice).patch(f"/api/transactions/{made}", {"category": one})
    rename = partial(annotating.change_category, owner_id=alice.user_id, name="Games")

    alike = at_once([partial(rename, category_id=UUID(key)) for key in (one, two)])
    names = sorted(Category.objects.values_list("name", flat=True))
    ended = at_once(
        [
            partial(rename, category_id=UUID(one)),
            partial(
                annotating.remove_category,
                category_id=UUID(one),
                owner_id=alice.user_id,
                into="",
                at=now(),
            ),
        ]
    )

    assert sorted(isinstance(outcome, CategoryExists) for outcome in alike) == [False, True]
    assert names in (["Cards", "Games"], ["Chess", "Games"])
    assert ended[1] == 1
    assert client_of(alice).get(f"/api/transactions/{made}").data["category"] == "leisure"


def test_two_categories_moved_under_each_other_at_once_make_no_ring() -> None:
    alice = person()
    ids = [UUID(own(alice, name, "gifts").data["key"]) for name in ("A", "B")]
    move = partial(annotating.change_category, owner_id=alice.user_id)

    done = at_once(
        [
            partial(move, category_id=ids[0], parent=str(ids[1])),
            partial(move, category_id=ids[1], parent=str(ids[0])),
        ]
    )

    assert sum(isinstance(one, CategoryLoop) for one in done) == 1
    assert max(Category.objects.values_list("parent", flat=True)) == "gifts"


def test_one_name_given_twice_at_once_is_one_category() -> None:
    alice = person()

    at_once(
        [
            partial(
                annotating.create_category,
                category_id=new_id(),
                owner_id=alice.user_id,
                parent="gifts",
                name=name,
                at=now(),
            )
            for name in ("Cake", "cake", "CAKE ", "Cake")
        ]
    )

    assert Category.objects.filter(owner_id=alice.user_id).count() == 1


def test_what_a_rule_chose_is_corrected_once_and_what_the_customer_chose_stays() -> None:
    alice = person()
    made = UUID(paid(alice, "3.00", "vet", category="shopping"))
    file = partial(annotating.categorize, posting_id=made, owner_id=alice.user_id, changed_at=now())

    assert file(category="leisure", source="rule")
    assert file(category="pets")
    assert not file(category="gifts", source="model", confidence=99)
    assert file(category="health")

    assert Annotation.objects.get().category == "health"
    (corrected,) = said("transaction.category_corrected")
    assert (corrected["before"], corrected["after"], corrected["source"]) == (
        *("leisure", "pets"),
        "rule",
    )
