"""Search, sums and filing: what is asked for and nothing of anybody else's."""

from functools import partial
from typing import Any

import pytest

from apps.transactions.domain.merchants import merchants
from apps.transactions.models import Annotation
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_at_once import at_once
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def paid(alice: Principal, amount: str, description: str, **more: Any) -> str:
    """Make a transfer and return its id."""
    source = account_of(alice, 100_000)
    asked = body(source, account_of(person()), amount) | {"description": description, **more}
    answer = send(client_of(alice), asked)
    assert answer.status_code == 201, answer.content
    return str(answer.data["id"])


def found(alice: Principal, **wanted: Any) -> list[str]:
    """Return the descriptions of what a search finds, without the opening entries."""
    answer = client_of(alice).get("/api/transactions/search", wanted)
    assert answer.status_code == 200, answer.content
    said = [item["description"] for item in answer.data["items"]]
    return [text for text in said if text != "opening"]


def test_every_filter_narrows_and_all_of_them_must_hold() -> None:
    alice = person()
    coat = paid(alice, "80.00", "wool coat 100%", category="shopping", counterparty="Tailor")
    paid(alice, "3.20", "espresso", category="restaurants", counterparty="Café Rio")
    paid(alice, "9.00", "gift_card", category="other")
    client_of(alice).put(
        f"/api/transactions/{coat}/filing", {"tags": ["Winter", "winter "], "note": "size M"}
    )

    assert found(alice) == ["gift_card", "espresso", "wool coat 100%"]
    assert found(alice, sort="booked_at")[0] == "wool coat 100%"
    assert found(alice, sort="-amount") == ["wool coat 100%", "gift_card", "espresso"]
    assert found(alice, sort="amount")[0] == "espresso"
    assert found(alice, q="100%") == ["wool coat 100%"]
    assert found(alice, q="T_C") == ["gift_card"]
    assert found(alice, q="E_P") == []
    assert found(alice, q="rio") == ["espresso"]
    assert found(alice, q="size m") == ["wool coat 100%"]
    assert found(alice, tag="WINTER") == ["wool coat 100%"]
    assert found(alice, has_note="true") == ["wool coat 100%"]
    assert found(alice, category="shopping", q="coat") == ["wool coat 100%"]
    assert found(alice, category="shopping", q="espresso") == []
    assert found(alice, uncategorised="true") == ["gift_card"]
    assert found(alice, least_minor=321, most_minor=1000) == ["gift_card"]
    assert found(alice, direction="in") == []
    assert found(alice, currency="USD") == []
    assert found(alice, effective_until="2020-01-01") == []


def test_ones_tags_are_listed_by_name_with_how_often_each_is_used() -> None:
    alice, bob = person(), person()
    for owner, tags in ((alice, ["Rio", "beach"]), (alice, ["rio"]), (bob, ["secret"])):
        made = paid(owner, "1.00", "x")
        client_of(owner).put(f"/api/transactions/{made}/filing", {"tags": tags, "note": ""})

    first = client_of(alice).get("/api/transactions/tags", {"limit": 1}).data
    after = client_of(alice).get("/api/transactions/tags", {"cursor": first["next_cursor"]}).data

    assert first["items"] == [{"tag": "beach", "count": 1}]
    assert after == {"items": [{"tag": "rio", "count": 2}], "next_cursor": None}


@pytest.mark.parametrize("note", ["<script>alert(1)</script>", "\u202efdp.exe", "=1+1", "a%_b"])
def test_a_note_is_kept_and_found_as_it_was_written_and_is_nothing_but_text(note: str) -> None:
    alice = person()
    made = paid(alice, "1.00", "x")
    path = f"/api/transactions/{made}/filing"

    client_of(alice).put(path, {"tags": [], "note": note})
    answer = client_of(alice).get(path)

    assert answer.data["note"] == note
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert found(alice, q=note) == ["x"]


def test_pages_of_a_search_follow_each_other_in_every_order() -> None:
    alice = person()
    source, target = account_of(alice, 100_000), account_of(person())
    for amount in ("1.00", "1.00", "3.00", "2.00", "2.00"):
        send(client_of(alice), body(source, target, amount))

    for sort in ("-booked_at", "booked_at", "-amount", "amount"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client_of(alice).get(
                "/api/transactions/search",
                {"limit": 2, "sort": sort, "cursor": cursor, "count": "true"},
            )
            assert page.status_code == 200, page.content
            assert page.data["count"] == 6
            seen += [item["id"] for item in page.data["items"]]
            cursor = page.data["next_cursor"]
        assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("by", ["category", "month", "day", "merchant", "account", "kind"])
def test_sums_add_up_to_what_moved_by_whatever_key(by: str) -> None:
    alice = person()
    paid(alice, "80.00", "coat", category="shopping", counterparty="ACME Ltd. 0012")
    paid(alice, "3.20", "pin", category="shopping", counterparty="Acme  ltd 0077")

    answer = client_of(alice).get("/api/transactions/aggregate", {"by": by, "direction": "out"})

    assert answer.status_code == 200, answer.content
    debits = [item["debits"]["amount"] for item in answer.data["items"]]
    assert sum(round(float(amount) * 100) for amount in debits) == -8320
    assert len(debits) == (2 if by == "account" else 1)


def test_the_payers_words_are_not_found_by_the_one_who_is_paid() -> None:
    alice, bob = person(), person()
    target = account_of(bob)
    asked = body(account_of(alice, 1000), target) | {
        "counterparty": "that crook",
        "category": "gifts",
    }
    made = send(client_of(alice), asked).data["id"]
    client_of(alice).put(f"/api/transactions/{made}/filing", {"tags": ["x"], "note": "secret"})

    assert found(bob, q="crook") == found(bob, q="secret") == found(bob, tag="x") == []
    assert found(bob, category="gifts") == []
    assert found(bob, category="transfers") == ["dinner"]
    keys = client_of(bob).get("/api/transactions/aggregate", {"by": "merchant"}).data["items"]
    assert "crook" not in str(keys)
    assert client_of(bob).get(f"/api/transactions/{made}/filing").data == {"tags": [], "note": ""}


def test_another_persons_account_category_and_transaction_do_not_exist() -> None:
    alice, eve = person(), client_of(person())
    account = account_of(alice, 1000)
    made = paid(alice, "1.00", "x")
    own = (
        client_of(alice)
        .post("/api/transactions/categories/own", {"name": "Wool", "parent": "shopping"})
        .data["key"]
    )

    for path in ("search", "aggregate"):
        answer = eve.get(f"/api/transactions/{path}", {"account_id": str(account)})
        assert answer.status_code == 404
    assert eve.get(f"/api/transactions/{made}/filing").status_code == 404
    assert eve.put(f"/api/transactions/{made}/filing", {"note": "x"}).status_code == 404
    path = f"/api/transactions/categories/own/{own}"
    assert eve.patch(path, {"name": "Mine"}).status_code == 404
    assert eve.delete(path).status_code == 404
    assert eve.post(f"{path}/merge", {"into": "gifts"}).status_code == 404
    theirs = send(eve, {}, path="")  # nothing of the above made a session of Alice's
    assert theirs.status_code == 422


def test_a_category_of_ones_own_is_renamed_merged_and_deleted_with_what_is_in_it() -> None:
    alice = person()
    client = client_of(alice)
    coat = paid(alice, "80.00", "coat", category="shopping")
    made = [
        client.post("/api/transactions/categories/own", {"name": name, "parent": "shopping"})
        for name in ("Wool", "wool", "Silk")
    ]
    wool, silk = made[0].data["key"], made[2].data["key"]

    filed = client.patch(f"/api/transactions/{coat}", {"category": wool})
    client.patch(f"/api/transactions/categories/own/{wool}", {"name": "Woollen"})

    assert made[1].data["code"] == "category_exists"
    assert filed.data["category"] == wool
    assert found(alice, category=wool) == found(alice, category="shopping") == ["coat"]
    path = f"/api/transactions/categories/own/{wool}/merge"
    assert client.post(path, {"into": wool}).data["code"] == "unknown_category"
    assert client.post(path, {"into": silk}).data == {"moved": 1}
    assert found(alice, category=silk) == ["coat"]
    assert client.delete(f"/api/transactions/categories/own/{silk}").status_code == 204
    assert client.get(f"/api/transactions/{coat}").data["category"] == "shopping"
    assert client.patch(f"/api/transactions/{coat}", {"category": wool}).status_code == 422


def test_nothing_is_left_in_a_category_that_is_deleted_while_it_is_used() -> None:
    alice = person()
    client = client_of(alice)
    coat = paid(alice, "80.00", "coat")
    for place in range(5):
        key = client.post(
            "/api/transactions/categories/own", {"name": f"c{place}", "parent": "gifts"}
        ).data["key"]
        own = f"/api/transactions/categories/own/{key}"
        at_once(
            [
                partial(client.patch, f"/api/transactions/{coat}", {"category": key}),
                partial(client_of(alice).delete, own),
            ]
        )
        assert not Annotation.objects.filter(category=key).exists()


@pytest.mark.parametrize(
    "wanted",
    [
        {"q": "(a+)+$" * 16},
        {"q": "%" * 100},
        {"q": "\\" * 99},
        {"category": str(new_id())},
        {"tag": "'; drop table transactions_entry; --"},
    ],
)
def test_a_hostile_question_finds_nothing_and_costs_nothing(wanted: dict[str, str]) -> None:
    alice = person()
    paid(alice, "1.00", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

    assert found(alice, **wanted) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"q": "x" * 101},
        {"sort": "id; --"},
        {"by": "owner_id"},
        {"least_minor": "-1"},
        {"cursor": "x"},
        {"booked_from": "soon"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(wanted: dict[str, str]) -> None:
    path = "aggregate" if "by" in wanted else "search"

    assert client_of(person()).get(f"/api/transactions/{path}", wanted).status_code == 422


def test_spellings_of_a_merchant_are_one_merchant() -> None:
    texts = ["AMAZON.DE 123-44", "Amazon de 77", "Amazn de", "REWE Markt GmbH", "0815", ""]

    named = merchants(texts)

    assert named["AMAZON.DE 123-44"] == named["Amazon de 77"] == named["Amazn de"]
    assert named["REWE Markt GmbH"] == "REWE Markt GmbH"
    assert (named["0815"], named[""]) == ("0815", "")
