"""The HTTP of the ledger: money moves once, only from one's own accounts, and only as asked."""

from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.transactions.contracts import LedgerAccountKind, Leg, Posting
from apps.transactions.models import Account, Entry
from apps.transactions.services import accounts
from apps.transactions.services.posting import post
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])


def account_of(owner: Principal | None, minor: int = 0, currency: str = "EUR") -> UUID:
    """Open a ledger account, with money in it where that is asked for."""
    account_id = new_id()
    accounts.open_account(
        account_id=account_id,
        owner_id=owner.user_id if owner else None,
        currency=currency,
        kind=LedgerAccountKind.CUSTOMER if owner else LedgerAccountKind.SYSTEM,
        name="",
        overdraft_minor=0,
        opened_at=now(),
    )
    if minor:
        world = account_of(None, currency=currency)
        legs = (
            Leg(account_id=world, amount_minor=-minor, currency=currency),
            Leg(account_id=account_id, amount_minor=minor, currency=currency),
        )
        post(Posting(posting_id=new_id(), legs=legs, description="opening"))
    return account_id


def body(source: UUID, target: UUID, amount: Any = "1.00", currency: str = "EUR") -> dict[str, Any]:
    """Return the body of a transfer."""
    return {
        "source_account_id": str(source),
        "target_account_id": str(target),
        "amount": {"amount": amount, "currency": currency},
        "description": "dinner",
    }


def send(client: APIClient, what: dict[str, Any], key: str = "", path: str = "") -> Any:
    """Send a request that counts once."""
    return client.post(
        f"/api/transactions{path}", what, headers={"Idempotency-Key": key or new_id().hex}
    )


def booked(account_id: UUID) -> int:
    """Return the booked balance in minor units."""
    return int(Account.objects.get(pk=account_id).booked_minor)


def test_a_copy_of_a_transfer_for_a_side_that_only_looks_moves_nothing() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    headers = {"Idempotency-Key": new_id().hex, "X-Vortex-Mirrored": "1"}

    answer = client_of(alice).post("/api/transactions", body(source, target), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (503, "context_moved")
    assert (booked(source), booked(target)) == (1000, 0)


def test_a_transfer_is_answered_with_the_payers_side_only() -> None:
    alice, bob = person(), person()
    source, target = account_of(alice, 1000), account_of(bob, 5000)

    answer = send(client_of(alice), body(source, target, "2.50"))

    assert answer.status_code == 201, answer.content
    (entry,) = answer.data["entries"]
    assert entry["account_id"] == str(source)
    assert entry["amount"] == {"amount": "-2.50", "currency": "EUR"}
    assert entry["balance_after"] == {"amount": "7.50", "currency": "EUR"}
    assert str(target) not in answer.content.decode()
    assert "52.50" not in answer.content.decode()


def test_a_request_sent_twice_moves_money_once_and_says_so() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())

    first = send(client_of(alice), body(source, target), "one-key")
    second = send(client_of(alice), body(source, target), "one-key")

    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    assert booked(target) == 100


def test_a_key_used_for_another_request_is_refused() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    send(client_of(alice), body(source, target), "one-key")

    answer = send(client_of(alice), body(source, target, "2.00"), "one-key")

    assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")
    assert booked(target) == 100


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0", "EUR"),
        ("0.00", "EUR"),
        ("-1.00", "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("1e-9", "EUR"),
        ("1.005", "EUR"),
        ("1.50", "JPY"),
        ("99999999999999999999", "EUR"),
        ("1,00", "EUR"),
        (1.0, "EUR"),
        (1, "EUR"),
        (None, "EUR"),
        ("1.00", "XXQ"),
        ("1.00", "eur"),
    ],
)
def test_an_amount_that_is_no_amount_is_refused_at_its_field(amount: Any, currency: str) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())

    answer = send(client_of(alice), body(source, target, amount, currency))

    assert (answer.status_code, answer.data["code"]) == (422, "validation_failed")
    assert answer.data["errors"][0]["pointer"].startswith("/amount")
    assert booked(source) == 1000


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": {"amount": "10.01", "currency": "EUR"}}, 422, "insufficient_funds"),
        ({"amount": {"amount": "1.00", "currency": "GBP"}}, 422, "currency_mismatch"),
        ({"target_account_id": str(new_id())}, 404, "account_not_found"),
        ({"source_account_id": str(new_id())}, 404, "account_not_found"),
        ({"target_account_id": "SAME"}, 422, "malformed_posting"),
        ({"target_account_id": "not an id"}, 422, "validation_failed"),
        ({"effective_date": "1066-10-14"}, 422, "invalid_effective_date"),
        ({"effective_date": "9999-12-31"}, 422, "invalid_effective_date"),
        ({"description": "x" * 501}, 422, "validation_failed"),
        ({"description": "a\x00b"}, 422, "validation_failed"),
        ({"category": "yachts"}, 422, "validation_failed"),
    ],
)
def test_a_transfer_that_cannot_be_made_says_why_and_moves_nothing(
    change: dict[str, Any], status: int, code: str
) -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    asked = body(source, target) | change
    if asked["target_account_id"] == "SAME":
        asked["target_account_id"] = str(source)

    answer = send(client_of(alice), asked)

    assert answer.status_code in {status, 400}, answer.content
    assert answer.data["code"] in {code, "parse_error"}
    assert booked(source) == 1000


def test_nobody_debits_reads_files_or_reverses_what_is_somebody_elses() -> None:
    alice, bob, eve = person(), person(), person()
    source, target = account_of(alice, 1000), account_of(bob)
    made = send(client_of(alice), body(source, target)).data["id"]
    client = client_of(eve)

    assert send(client, body(source, account_of(eve))).status_code == 404
    assert client.get(f"/api/transactions/{made}").status_code == 404
    assert client.get(f"/api/transactions/{made}/entries").status_code == 404
    assert client.patch(f"/api/transactions/{made}", {"category": "gifts"}).status_code == 404
    assert client.get("/api/transactions", {"account_id": str(source)}).status_code == 404
    assert send(client, {"reason": "mine"}, path=f"/{made}/reverse").status_code == 403
    assert client.get("/api/transactions").data["items"] == []
    assert client_of(None).get("/api/transactions").status_code == 401
    assert booked(source) == 900


def test_each_side_files_a_transaction_for_itself() -> None:
    alice, bob = person(), person()
    made = send(client_of(alice), body(account_of(alice, 1000), account_of(bob))).data["id"]

    client_of(alice).patch(f"/api/transactions/{made}", {"category": "gifts"})

    assert client_of(alice).get(f"/api/transactions/{made}").data["category"] == "gifts"
    assert client_of(bob).get(f"/api/transactions/{made}").data["category"] == "transfers"


def test_categorize_files_like_patch_and_only_what_is_ones_own() -> None:
    alice = person()
    made = send(client_of(alice), body(account_of(alice, 1000), account_of(person()))).data["id"]
    path = f"/api/transactions/{made}/categorize"

    filed = [client_of(alice).post(path, {"category": "gifts"}) for _ in range(2)]
    unknown = client_of(alice).post(path, {"category": "yachts"})
    by_another = client_of(person()).post(path, {"category": "gifts"})

    assert [answer.data["category"] for answer in filed] == ["gifts"] * 2
    assert (unknown.status_code, unknown.data["code"]) == (422, "unknown_category")
    assert (by_another.status_code, by_another.data["code"]) == (404, "transaction_not_found")


def test_ones_entries_of_a_transaction_are_paged_debits_first() -> None:
    alice = person()
    accounts = [account_of(alice, 1000), account_of(alice, 1000), account_of(alice)]
    legs = [
        {"account_id": str(account_id), "amount": {"amount": amount, "currency": "EUR"}}
        for account_id, amount in zip(accounts, ("-2.00", "-3.00", "5.00"), strict=True)
    ]
    made = send(client_of(alice), {"legs": legs}, path="/legs").data["id"]
    path = f"/api/transactions/{made}/entries"

    first = client_of(alice).get(path, {"limit": 2}).data
    after = client_of(alice).get(path, {"cursor": first["next_cursor"]}).data

    said = [one["amount"]["amount"] for page in (first, after) for one in page["items"]]
    assert said == ["-3.00", "-2.00", "5.00"]
    assert after["next_cursor"] is None


def test_what_a_payer_wrote_down_for_themselves_the_receiver_never_sees() -> None:
    alice, bob = person(), person()
    noted = {"category": "health", "counterparty": "Clinic", "description": "for you"}
    own = account_of(alice, 1000)
    made = send(client_of(alice), body(own, account_of(bob)) | noted).data["id"]

    seen = client_of(bob).get(f"/api/transactions/{made}").data

    assert (seen["category"], seen["counterparty"]) == ("transfers", "")
    assert seen["description"] == "for you"
    for question, count in (("category=health", 0), ("q=Clinic", 0), ("q=you", 1)):
        assert len(client_of(bob).get(f"/api/transactions?{question}").data["items"]) == count
        assert len(client_of(alice).get(f"/api/transactions?{question}").data["items"]) == 1
    (reversed_,) = [item for item in _reversed_by_staff(made, bob) if item["kind"] == "reversal"]
    assert (reversed_["category"], reversed_["counterparty"]) == ("refunds", "")


def _reversed_by_staff(made: str, whose: Principal) -> list[dict[str, Any]]:
    answer = send(client_of(person("administrator")), {"reason": "wrong"}, path=f"/{made}/reverse")
    assert answer.status_code == 201, answer.content
    found: list[dict[str, Any]] = client_of(whose).get("/api/transactions").data["items"]
    return found


def test_what_the_bank_itself_wrote_the_customer_does_see() -> None:
    alice = person()
    own, world = account_of(alice), account_of(None)
    legs = (
        Leg(account_id=world, amount_minor=-500, currency="EUR"),
        Leg(account_id=own, amount_minor=500, currency="EUR"),
    )
    post(Posting(posting_id=new_id(), legs=legs, category="salary", counterparty="ACME"))

    (seen,) = client_of(alice).get("/api/transactions", {"category": "salary"}).data["items"]

    assert (seen["category"], seen["counterparty"]) == ("salary", "ACME")


def test_staff_reverse_a_transaction_once_and_customers_never() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = send(client_of(alice), body(source, target)).data["id"]
    staff = client_of(person("administrator"))

    first = send(staff, {"reason": "wrong payee"}, path=f"/{made}/reverse")
    second = send(staff, {"reason": "wrong payee"}, path=f"/{made}/reverse")

    assert first.status_code == 201, first.content
    assert (second.status_code, second.data["code"]) == (409, "already_reversed")
    assert booked(source) == 1000
    assert client_of(alice).get(f"/api/transactions/{made}").data["reversed_by_id"] is not None


def test_pages_follow_each_other_without_a_gap_and_newest_first() -> None:
    alice = person()
    source, target = account_of(alice, 10_000), account_of(alice)
    for _ in range(7):
        send(client_of(alice), body(source, target))

    seen: list[str] = []
    cursor = ""
    while True:
        page = client_of(alice).get(f"/api/transactions?limit=3&cursor={cursor}").data
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen, reverse=True)


def test_filters_find_words_as_they_are_written() -> None:
    alice = person()
    source, target = account_of(alice, 10_000), account_of(person())
    for said in ("100% wool_coat", "100 wool coats", "<b>bread</b>", "\u202egnp.exe"):
        send(client_of(alice), body(source, target) | {"description": said})

    def found(**wanted: str | int) -> list[str]:
        answer = client_of(alice).get("/api/transactions", {k: str(v) for k, v in wanted.items()})
        assert answer.status_code == 200, answer.content
        return [item["description"] for item in answer.data["items"]]

    assert found(q="100%") == ["100% wool_coat"]
    assert found(q="wool_") == ["100% wool_coat"]
    assert found(q="<b>") == ["<b>bread</b>"]
    assert found(q="\u202e") == ["\u202egnp.exe"]
    assert found(direction="in") == ["opening"]
    assert found(least_minor=101) == ["opening"]
    assert found(category="gifts") == []
    assert len(found(account_id=str(source), kind="transfer", most_minor=100)) == 4


@pytest.mark.parametrize(
    "wanted", [{"limit": "201"}, {"limit": "0"}, {"cursor": "garbage"}, {"booked_from": "soon"}]
)
def test_a_question_that_makes_no_sense_is_refused(wanted: dict[str, str]) -> None:
    assert client_of(person()).get("/api/transactions", wanted).status_code == 422


def test_a_batch_posts_what_it_can_and_says_what_it_could_not() -> None:
    alice, bob = person(), person()
    source, target = account_of(alice, 250), account_of(bob)
    items = [body(source, target) | {"id": str(new_id())} for _ in range(4)]
    items[1] = body(target, source) | {"id": str(new_id())}  # bob's account is not alice's

    answer = send(client_of(alice), {"items": items}, path="/bulk")

    assert answer.status_code == 200, answer.content
    codes = [item["code"] for item in answer.data["items"]]
    assert codes == ["", "account_not_found", "", "insufficient_funds"]
    assert (answer.data["posted"], answer.data["refused"]) == (2, 2)
    assert booked(source) == 50


def test_an_atomic_batch_is_all_or_nothing() -> None:
    alice = person()
    source, target = account_of(alice, 150), account_of(person())
    items = [body(source, target) | {"id": str(new_id())} for _ in range(2)]

    answer = send(client_of(alice), {"atomic": True, "items": items}, path="/bulk")

    assert (answer.status_code, answer.data["code"]) == (422, "insufficient_funds")
    assert booked(source) == 150


def test_an_item_sent_in_two_batches_posts_once() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    item = body(source, target) | {"id": str(new_id())}

    send(client_of(alice), {"items": [item, item]}, path="/bulk")
    again = send(client_of(alice), {"items": [item]}, path="/bulk")

    assert again.data["items"][0]["replayed"] is True
    assert Entry.objects.filter(account_id=target).count() == 1


def test_a_batch_beyond_ten_thousand_is_refused() -> None:
    alice = person()
    item = body(new_id(), new_id()) | {"id": str(new_id())}

    answer = send(client_of(alice), {"items": [item] * 10_001}, path="/bulk")

    assert answer.status_code in {413, 422}


@pytest.mark.parametrize("path", ["", "?q=opening&direction=in", "/categories"])
def test_reading_costs_the_same_however_much_there_is(
    path: str, django_assert_max_num_queries: Any
) -> None:
    alice = person()
    source, target = account_of(alice, 10_000), account_of(alice)
    for _ in range(10):
        send(client_of(alice), body(source, target))

    with django_assert_max_num_queries(3, using=alias_of("transactions")):
        assert client_of(alice).get(f"/api/transactions{path}").status_code == 200
