"""Journeys of money, over HTTP, through every layer of the running bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.bank import Bank, wait_for
from vortex.ids import new_id

pytestmark = pytest.mark.xdist_group("bank")


def key() -> dict[str, str]:
    """Return the header of a request that must count once."""
    return {"Idempotency-Key": new_id().hex}


def first_account(client: httpx.Client, currency: str = "EUR") -> dict[str, Any]:
    """Return an open checking account of the caller with money in it."""
    for account in client.get("/api/accounts").json()["items"]:
        if account["currency"] == currency and account["product"] == "checking":
            return dict(account)
    raise AssertionError("the caller has no checking account")


def booked(client: httpx.Client, account_id: str) -> str:
    """Return the booked balance of an account as the API says it."""
    answer = client.get(f"/api/accounts/{account_id}/balance")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["booked"]["amount"])


def transfer(
    client: httpx.Client, source: str, target: str, amount: str, **headers: str
) -> httpx.Response:
    """Ask for a transfer in EUR."""
    return client.post(
        "/api/transactions",
        json={
            "source_account_id": source,
            "target_account_id": target,
            "amount": {"amount": amount, "currency": "EUR"},
            "description": "dinner",
        },
        headers=headers or key(),
    )


def open_account(client: httpx.Client) -> str:
    """Open a checking account in EUR and return its id."""
    answer = client.post(
        "/api/accounts",
        json={"product": "checking", "currency": "EUR", "nickname": "Everyday"},
        headers=key(),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_money_moves_from_one_customer_to_another_and_both_see_it(
    bank: Bank, newcomer: httpx.Client
) -> None:
    target = open_account(newcomer)
    with bank.client("customer1@example.com") as customer:
        source = first_account(customer)["id"]

        answer = transfer(customer, source, target, "12.34")

        assert answer.status_code == 201, answer.text
        seen = newcomer.get("/api/transactions").json()["items"]
        assert [item["id"] for item in seen] == [answer.json()["id"]]
        assert booked(newcomer, target) == "12.34"


def test_the_same_request_sent_twice_moves_money_once(bank: Bank, newcomer: httpx.Client) -> None:
    target = open_account(newcomer)
    with bank.client("customer1@example.com") as customer:
        source = first_account(customer)["id"]
        once = key()

        first = transfer(customer, source, target, "5.00", **once)
        second = transfer(customer, source, target, "5.00", **once)
        other = transfer(customer, source, target, "6.00", **once)

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert second.headers["Idempotency-Replayed"] == "true"
        assert other.status_code == 422
        assert booked(newcomer, target) == "5.00"


def test_an_empty_account_refuses_and_says_why(newcomer: httpx.Client) -> None:
    source, target = open_account(newcomer), open_account(newcomer)

    answer = transfer(newcomer, source, target, "0.01")

    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == "insufficient_funds"


def test_somebody_elses_account_does_not_exist(bank: Bank, newcomer: httpx.Client) -> None:
    own = open_account(newcomer)
    with bank.client("customer1@example.com") as customer:
        theirs = first_account(customer)["id"]

    for answer in (
        newcomer.get(f"/api/accounts/{theirs}"),
        newcomer.get(f"/api/accounts/{theirs}/balance"),
        newcomer.patch(f"/api/accounts/{theirs}", json={"nickname": "mine"}),
        newcomer.post(f"/api/accounts/{theirs}/close", headers=key()),
        transfer(newcomer, theirs, own, "1.00"),
    ):
        assert answer.status_code == 404, (answer.request.url, answer.text)


def test_an_emptied_account_closes_and_takes_no_more_money(
    bank: Bank, newcomer: httpx.Client
) -> None:
    target = open_account(newcomer)
    with bank.client("customer1@example.com") as customer:
        source = first_account(customer)["id"]
        assert transfer(customer, source, target, "3.00").status_code == 201

        full = newcomer.post(f"/api/accounts/{target}/close", headers=key())
        assert (full.status_code, full.json()["code"]) == (409, "account_not_empty")

        assert transfer(newcomer, target, source, "3.00").status_code == 201
        assert newcomer.post(f"/api/accounts/{target}/close", headers=key()).status_code == 200

        late = transfer(customer, source, target, "3.00")
        assert (late.status_code, late.json()["code"]) == (422, "account_closed")


def test_a_transfer_arrives_on_the_open_socket_of_the_receiver(
    bank: Bank, newcomer: httpx.Client
) -> None:
    target = open_account(newcomer)
    with (
        bank.client("customer1@example.com") as customer,
        socket_of(bank, newcomer) as live,
    ):
        posted = transfer(customer, first_account(customer)["id"], target, "7.00").json()

        frame = next_frame(live, "transaction.posted")

        assert frame["data"]["id"] == posted["id"]
        assert frame["sequence"] >= 1


def test_signing_out_ends_the_token_and_the_socket(bank: Bank, newcomer: httpx.Client) -> None:
    with socket_of(bank, newcomer) as live:
        assert newcomer.post("/api/auth/logout").status_code in (200, 204)

        assert newcomer.get("/api/accounts").status_code == 401
        wait_for(lambda: _closed(live), 10, "the socket closes")


@contextmanager
def socket_of(bank: Bank, client: httpx.Client) -> Iterator[ClientConnection]:
    """Open the caller's live socket with a ticket, and read its greeting."""
    ticket = client.post("/api/auth/ws-ticket").json()["ticket"]
    with connect(f"ws://127.0.0.1:{bank.port}/ws?ticket={ticket}", open_timeout=10) as live:
        next_frame(live, "hello")
        yield live


def next_frame(live: ClientConnection, type_: str) -> dict[str, Any]:
    """Return the next frame of a type; generous, because a machine that is busy is no failure."""
    while True:
        frame = msgspec.json.decode(live.recv(timeout=45))
        if frame["type"] == type_:
            return dict(frame)


def _closed(live: ClientConnection) -> bool:
    from websockets.exceptions import ConnectionClosed

    try:
        live.recv(timeout=0.1)
    except TimeoutError:
        return False
    except ConnectionClosed:
        return True
    return False
