"""Customers who never stop transferring, and a log of what the bank acknowledged to them."""

import random
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.bank import Bank
from vortex.ids import new_id

CUSTOMERS = 6
PASSWORD = "nine slow herons at dusk"
_DEFINITE = {201, 422}
OPENING_MINOR = 1_000_000


@dataclass
class Customer:
    """A registered customer with one account."""

    email: str
    account_id: str = ""


@dataclass
class Log:
    """What clients know: the postings acknowledged to them, by key, and the refusals."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    unanswered: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def open_customers(bank: Bank) -> list[Customer]:
    """Register customers, open an account for each and put money into it from the bank's own."""
    customers = [Customer(f"{new_id().hex}@example.com") for _ in range(CUSTOMERS)]
    with bank.client() as client:
        for customer in customers:
            answer = client.post(
                "/api/auth/register",
                json={"email": customer.email, "password": PASSWORD, "full_name": "Under Fire"},
            )
            assert answer.status_code == 201, answer.text
    for customer in customers:
        with bank.client(customer.email, PASSWORD) as client:
            answer = client.post(
                "/api/accounts",
                json={"product": "checking", "currency": "EUR", "nickname": "Everyday"},
                headers={"Idempotency-Key": new_id().hex},
            )
            assert answer.status_code == 201, answer.text
            customer.account_id = answer.json()["id"]
    bank.manage("shell", "-c", _FUNDING.format(accounts=[c.account_id for c in customers]))
    return customers


class Load:
    """Transfers between random customers from as many threads, until it is told to stop."""

    def __init__(self, bank: Bank, customers: list[Customer]) -> None:
        self.log = Log()
        self._bank = bank
        self._customers = customers
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(len(customers))

    def __enter__(self) -> "Load":
        self._work = [self._pool.submit(self._transfer, customer) for customer in self._customers]
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for work in self._work:
            work.result(timeout=120)
        self._pool.shutdown()

    def acknowledged(self) -> int:
        """Return how many transfers have been acknowledged so far."""
        return len(self.log.acknowledged)

    def _transfer(self, customer: Customer) -> None:
        chance = random.Random(customer.email)
        others = [c.account_id for c in self._customers if c is not customer]
        with self._bank.client(customer.email, PASSWORD) as client:
            while not self._stopping.is_set():
                self._once(
                    client, customer.account_id, chance.choice(others), chance.randint(1, 99)
                )

    def _once(self, client: httpx.Client, source: str, target: str, cents: int) -> None:
        """Send one transfer, again and again under one key until the answer is definite."""
        key = new_id().hex
        body = {
            "source_account_id": source,
            "target_account_id": target,
            "amount": {"amount": f"0.{cents:02}", "currency": "EUR"},
            "description": "under fire",
        }
        while True:
            answer = _post(client, body, key)
            if answer is not None and answer.status_code in _DEFINITE:
                break
            assert answer is None or answer.status_code in {409, 429, 500, 502, 503}, answer.text
            if self._gave_up(key):
                return
        with self.log.lock:
            self.log.unanswered.discard(key)
            if answer.status_code == 201:
                self.log.acknowledged[key] = answer.json()["id"]
            else:
                self.log.refused += 1

    def _gave_up(self, key: str) -> bool:
        """Wait a little before the next try; give up only when the bank stays away for good."""
        with self.log.lock:
            self.log.unanswered.add(key)
        threading.Event().wait(0.1)
        return self._stopping.is_set() and not self._bank.ready()


def _post(client: httpx.Client, body: Mapping[str, Any], key: str) -> httpx.Response | None:
    try:
        return client.post("/api/transactions", json=body, headers={"Idempotency-Key": key})
    except httpx.HTTPError:
        return None


_FUNDING = """
from uuid import UUID
from vortex.binding import bind
from vortex.clock import now
from vortex.ids import new_id
from apps.transactions.contracts import (
    Ledger, LedgerAccountKind, Leg, Posting, PostingKind)
ledger, world = bind(Ledger), new_id()
ledger.open_account(account_id=world, owner_id=None, currency="EUR", kind=LedgerAccountKind.SYSTEM,
    name="World", overdraft_minor=0, opened_at=now())
for account in {accounts}:
    made = new_id()
    ledger.post(posting_id=made, posting=Posting(posting_id=made, kind=PostingKind.DEPOSIT,
        legs=(Leg(account_id=world, amount_minor=-1000000, currency="EUR"),
              Leg(account_id=UUID(account), amount_minor=1000000, currency="EUR"))))
"""
