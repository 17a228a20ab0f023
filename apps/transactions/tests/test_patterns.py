"""Own transfers, merchants, and what comes again: found, decided, and judged by a real bank."""

import csv
import gzip
from collections import Counter
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.contracts import TransactionImportCompleted, TransferPairDecided
from apps.transactions.domain.pairing import Candidate, paired
from apps.transactions.domain.recurring import Move, recurring
from apps.transactions.handlers import look_for_transfers
from apps.transactions.models import TransferPair
from apps.transactions.services import pairing
from apps.transactions.tests.real_data import real_data
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_imports import HEADER, elsewhere, published
from apps.transactions.tests.test_search import paid
from vortex.clock import now, today
from vortex.contracts import Principal
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

PAIRS = "/api/transactions/transfers/suggestions"


def told(owner: Principal, account_id: UUID, *lines: tuple[int, str]) -> None:
    """Import lines, each so many days ago."""
    rows = (f"{today() - timedelta(days=ago)},Transfer,,{amount}\n" for ago, amount in lines)
    published(owner, account_id, HEADER + "".join(rows))


def pairs(owner: Principal, state: str = "suggested") -> list[dict[str, Any]]:
    return list(client_of(owner).get(PAIRS, {"state": state}).data["items"])


def test_money_that_left_one_account_and_reached_another_is_suggested_as_one_transfer() -> None:
    alice = person()
    giro, savings = elsewhere(alice), elsewhere(alice)
    told(alice, giro, (10, "-500.00"), (10, "-20.00"), (40, "-70.00"))
    told(alice, savings, (8, "500.00"), (30, "70.00"))

    found = client_of(alice).post(PAIRS)

    assert found.data == {"found": 1}
    (pair,) = pairs(alice)
    assert pair["amount"] == {"amount": "500.00", "currency": "EUR"}
    assert (pair["out_account_id"], pair["in_account_id"]) == (str(giro), str(savings))
    assert client_of(alice).post(PAIRS).data == {"found": 0}


def test_confirmed_pairs_are_filed_as_transfers_and_rejected_ones_do_not_come_back() -> None:
    alice = person()
    giro, savings = elsewhere(alice), elsewhere(alice)
    told(alice, giro, (10, "-500.00"), (20, "-30.00"))
    told(alice, savings, (10, "500.00"), (20, "30.00"))
    client = client_of(alice)
    client.post(PAIRS)
    one, other = pairs(alice)

    for _ in range(2):
        assert client.post(f"{PAIRS}/{one['id']}/confirm").data["state"] == "confirmed"
        assert client.post(f"{PAIRS}/{other['id']}/reject").data["state"] == "rejected"

    assert client.post(PAIRS).data == {"found": 0}
    for name in ("out_transaction_id", "in_transaction_id"):
        assert client.get(f"/api/transactions/{one[name]}").data["category"] == "transfers"
    assert client.post(f"{PAIRS}/{one['id']}/reject").data["code"] == "transfer_pair_decided"
    assert client.post(f"{PAIRS}/{other['id']}/confirm").data["code"] == "transfer_pair_decided"
    assert [len(pairs(alice, state)) for state in ("suggested", "confirmed", "rejected")] == [
        *(0, 1, 1)
    ]


def test_a_pair_confirmed_and_rejected_at_once_is_one_of_both() -> None:
    alice = person()
    giro, savings = elsewhere(alice), elsewhere(alice)
    told(alice, giro, (10, "-500.00"))
    told(alice, savings, (10, "500.00"))
    pairing.suggest(owner_id=alice.user_id, at=now())
    pair = TransferPair.objects.get()
    decide: dict[str, Any] = {"pair_id": pair.id, "owner_id": alice.user_id, "at": now()}

    done = at_once([partial(pairing.confirm, **decide), partial(pairing.reject, **decide)])

    assert sum(isinstance(one, TransferPairDecided) for one in done) == 1


def test_a_real_transfer_of_this_bank_and_a_reversal_are_no_pair() -> None:
    alice, staff = person(), person("administrator")
    first, second = account_of(alice, 10_000), account_of(alice)
    send(client_of(alice), body(first, second, "5.00"))
    undone = send(client_of(alice), body(first, account_of(person()), "7.00")).data["id"]
    send(client_of(staff), {"reason": "x"}, path=f"/{undone}/reverse")

    assert client_of(alice).post(PAIRS).data == {"found": 0}


def test_an_import_looks_for_transfers_by_itself() -> None:
    alice = person()
    giro, savings = elsewhere(alice), elsewhere(alice)
    told(alice, giro, (10, "-500.00"))
    told(alice, savings, (10, "500.00"))
    event = TransactionImportCompleted(
        import_id=new_id(),
        owner_id=alice.user_id,
        account_id=savings,
        format="CSV",
        posted=1,
        duplicates=0,
        refused=0,
        completed_at=now(),
    )

    for _ in range(2):
        with unit_of_work("transactions"):
            look_for_transfers(event)

    assert len(pairs(alice)) == 1


def test_another_persons_pairs_do_not_exist() -> None:
    alice, eve = person(), client_of(person())
    giro, savings = elsewhere(alice), elsewhere(alice)
    told(alice, giro, (10, "-500.00"))
    told(alice, savings, (10, "500.00"))
    client_of(alice).post(PAIRS)
    (pair,) = pairs(alice)

    assert eve.post(f"{PAIRS}/{pair['id']}/confirm").status_code == 404
    assert eve.post(f"{PAIRS}/{pair['id']}/reject").status_code == 404
    assert eve.post(PAIRS).data == {"found": 0}
    assert eve.get(PAIRS).data["items"] == []


ids = st.integers(0, 5).map(lambda n: UUID(int=n + 1))


@given(
    st.lists(
        st.builds(
            lambda o, i, d: Candidate(
                *(o, i, UUID(int=90), UUID(int=91), 100, "EUR"),
                *(date(2026, 1, 5), date(2026, 1, 5) + timedelta(days=d)),
            ),
            ids,
            ids.map(lambda one: UUID(int=one.int + 50)),
            st.integers(-4, 4),
        )
    ),
    st.sets(ids),
)
def test_each_transaction_is_in_one_pair_at_most(
    candidates: list[Candidate], taken: set[UUID]
) -> None:
    found = paired(candidates, rejected=set(), taken=taken)

    used = Counter(i for one in found for i in (one.out_posting_id, one.in_posting_id))
    assert all(count == 1 for count in used.values())
    assert taken.isdisjoint(used)


def test_spellings_of_a_merchant_are_one_merchant() -> None:
    alice = person()
    paid(alice, "8.00", "x", counterparty="ACME Ltd. 0012")
    paid(alice, "3.20", "y", counterparty="Acme  ltd 0077")
    paid(alice, "1.00", "z", counterparty="Bakery")

    found = client_of(alice).get("/api/transactions/merchants").data["items"]

    assert [one["name"] for one in found] == ["ACME Ltd. 0012", "Bakery"]
    assert found[0]["spellings"] == ["ACME Ltd. 0012", "Acme  ltd 0077"]
    assert found[0]["sums"][0]["debits"] == {"amount": "-11.20", "currency": "EUR"}
    assert client_of(person()).get("/api/transactions/merchants").data["items"] == []


def test_what_comes_again_is_found_with_its_pace_and_when_it_is_due() -> None:
    alice = person()
    account_id = elsewhere(alice)
    told(alice, account_id, *((ago, "-9.99") for ago in (95, 65, 35, 5)), (6, "-9.98"))

    (found,) = client_of(alice).get("/api/transactions/recurring").data["items"]

    assert (found["pace"], found["count"], found["is_active"]) == ("monthly", 4, True)
    assert found["amount"] == {"amount": "-9.99", "currency": "EUR"}
    due = date.fromisoformat(found["next_date"])
    assert 20 <= (due - today()).days <= 27
    assert client_of(person()).get("/api/transactions/recurring").data["items"] == []


def move(day: date, minor: int, name: str = "Gym", account: int = 1) -> Move:
    return Move(day, minor, "EUR", UUID(int=account), name)


def test_paces_are_told_apart_and_what_has_none_is_left_out() -> None:
    start = date(2025, 1, 31)

    def series(name: str, *gaps: int) -> list[Move]:
        days = [start]
        for gap in gaps:
            days.append(days[-1] + timedelta(days=gap))
        return [move(day, -100, name) for day in days]

    found = recurring(
        [
            *series("weekly shop", 7, 7, 8, 6),
            *series("rent", 28, 31, 30, 31),
            *series("insurance", 90, 92, 91),
            *series("tax", 365, 366),
            *series("bakery", 1, 3, 2, 9, 1),
            *series("twice", 30),
        ],
        today=date(2025, 6, 1),
    )

    assert {one.name: one.pace for one in found} == {
        "weekly shop": "weekly",
        "rent": "monthly",
        "insurance": "quarterly",
        "tax": "yearly",
    }


def test_the_last_of_a_month_is_due_on_the_last_of_the_next() -> None:
    days = (date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31))

    (found,) = recurring([move(day, -100) for day in days], today=date(2026, 2, 1))

    assert found.next_date == date(2026, 2, 28)


def test_standing_orders_of_a_real_bank_are_found_and_nothing_else_is_called_one() -> None:
    """The bank's own list of standing orders is the truth; its payments carry no mark of it."""
    root = real_data("berka")
    orders = {
        (row["account_id"], row["bank_to"], row["account_to"], round(float(row["amount"]) * 100))
        for row in _table(root / "order.csv.gz")
    }
    accounts: dict[str, UUID] = {}
    moves, seen = [], Counter[tuple[str, str, str, int]]()
    for row in _table(root / "trans.csv.gz"):
        if not row["account"] or row["type"] == "PRIJEM":
            continue
        minor = round(float(row["amount"]) * 100)
        key = (row["account_id"], row["bank"], row["account"], minor)
        seen[key] += 1
        account_id = accounts.setdefault(row["account_id"], new_id())
        day = date(1900 + int(row["date"][:2]), int(row["date"][2:4]), int(row["date"][4:]))
        moves.append(Move(day, -minor, "CZK", account_id, f"{row['bank']}/{row['account']}"))
    names = {account_id: name for name, account_id in accounts.items()}

    found = {
        (names[one.account_id], *one.name.split("/"), -one.amount_minor)
        for one in recurring(moves, today=date(1994, 3, 31))
        if one.pace == "monthly"
    }

    truth = {key for key, count in seen.items() if count >= 3 and key in orders}
    assert len(truth) > 300
    assert len(found & truth) / len(truth) >= 0.98, "recall"
    assert len(found & orders) / len(found) >= 0.98, "precision"


def _table(path: Any) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
