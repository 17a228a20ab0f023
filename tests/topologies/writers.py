"""Clients that never stop writing, and a log of what was acknowledged to them.

The log is kept here, on the clients' side: it is what people believe. Nothing is tried again, so
an answer that is no acknowledgement is an error that a person would have seen.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import httpx
import psycopg

from tests.bank import Bank
from tests.chaos.ledger import PASSWORD, Customer
from vortex.clock import now
from vortex.ids import new_id

NOTE = "while it moves"


@dataclass(frozen=True)
class Sent:
    """One request: when it was sent, when it was answered, and whether that was an error."""

    sent_at: datetime
    answered_at: datetime
    error: str

    @property
    def milliseconds(self) -> float:
        """How long the client waited."""
        return (self.answered_at - self.sent_at).total_seconds() * 1000


@dataclass(frozen=True)
class Verdict:
    """What the database says about what clients believe."""

    writes: int
    lost: int
    doubled: int


class Writer(Protocol):
    """Writes of one customer to one context."""

    def write(self, client: httpx.Client) -> httpx.Response:
        """Send one write and note what it acknowledges."""


class Load:
    """Writers, a thread each, until the block ends; each rests between two of its writes."""

    def __init__(
        self, bank: Bank, customers: list[Customer], kind: "Kind", *, rest_seconds: float = 0.0
    ) -> None:
        self.sent: list[Sent] = []
        self.begun_at = now()
        self.kind = kind
        self._bank = bank
        self._rest_seconds = rest_seconds
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(len(customers))
        self._customers = customers
        self._work: list[Future[None]] = []

    def __enter__(self) -> "Load":
        self._work = [self._pool.submit(self._run, customer) for customer in self._customers]
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for work in self._work:
            work.result(timeout=120)
        self._pool.shutdown()

    def errors(self) -> list[str]:
        """Return what clients got that was no acknowledgement."""
        return [sent.error for sent in self.sent if sent.error]

    def acknowledged(self) -> int:
        """Return how many writes have been acknowledged."""
        return sum(1 for sent in self.sent if not sent.error)

    def _run(self, customer: Customer) -> None:
        with self._bank.client(customer.email, PASSWORD) as client:
            writer = self.kind.writer(client, customer, self._customers)
            while not self._stopping.wait(self._rest_seconds):
                self.sent.append(_timed(lambda: writer.write(client)))


class Kind(Protocol):
    """How a context is written to, and how its database is asked about it afterwards."""

    context: str

    def writer(self, client: httpx.Client, customer: Customer, all_: list[Customer]) -> Writer:
        """Return the writer of one customer."""

    def verdict(self, database: psycopg.Connection[Any]) -> Verdict:
        """Compare the database with the log."""


def _timed(write: Callable[[], httpx.Response]) -> Sent:
    begun = now()
    try:
        answer = write()
    except httpx.HTTPError as error:
        return Sent(begun, now(), f"{type(error).__name__}: {error}")
    good = answer.status_code in (200, 201)
    return Sent(begun, now(), "" if good else f"{answer.status_code} {answer.text[:200]}")


@dataclass
class Transfers:
    """Money moved between customers: each acknowledged id stands once, and no other does.

    A request whose answer was lost on its way is an error, and may stand or not. Where all were
    answered and the balances before are known, what was acknowledged also says how much is left on
    each account, to the cent.
    """

    before: dict[str, int] = field(default_factory=dict)
    context: str = "transactions"
    acknowledged: list["Transfer"] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    note: str = field(default_factory=lambda: f"{NOTE} {new_id()}")

    def writer(self, client: httpx.Client, customer: Customer, all_: list[Customer]) -> Writer:
        """Return the writer of one customer."""
        del client
        return _Transferring(self, customer, all_)

    def told(self) -> list[str]:
        """Return the ids that were acknowledged."""
        return [transfer.id for transfer in self.acknowledged]

    def verdict(self, database: psycopg.Connection[Any]) -> Verdict:
        """Compare postings and balances with the log."""
        rows = database.execute(
            "select id::text from transactions_posting where description = %s", (self.note,)
        ).fetchall()
        posted, told = [str(row[0]) for row in rows], self.told()
        twice = len(posted) - len(set(posted)) + len(told) - len(set(told))
        strays = len(set(posted) - set(told))
        twice += max(0, strays - len(self.unanswered))
        lost = len(self.missing(database))
        if not (lost or twice or strays):
            # A balance that is wrong although every posting stands once has lost one of them.
            lost = len(self.wrong(database))
        return Verdict(len(told), lost, twice)

    def missing(self, database: psycopg.Connection[Any]) -> set[str]:
        """Return the ids that were acknowledged and do not stand."""
        rows = database.execute(
            "select id::text from transactions_posting where id = any(%s::uuid[])", (self.told(),)
        ).fetchall()
        return set(self.told()) - {str(row[0]) for row in rows}

    def wrong(self, database: psycopg.Connection[Any]) -> list[str]:
        """Return the accounts whose balance is not what the log says."""
        if not self.before:
            return []
        return wrong_balances(database, self.before, self.acknowledged)


@dataclass(frozen=True)
class Transfer:
    """A transfer that was acknowledged, in cents."""

    id: str
    source: str
    target: str
    cents: int


def wrong_balances(
    database: psycopg.Connection[Any], before: dict[str, int], transfers: list[Transfer]
) -> list[str]:
    """Return the accounts whose balance is not what it was and what was acknowledged since."""
    expected = dict(before)
    for transfer in transfers:
        expected[transfer.source] -= transfer.cents
        expected[transfer.target] += transfer.cents
    found = balances(database)
    touched = {account for t in transfers for account in (t.source, t.target)}
    return sorted(account for account in touched if found.get(account) != expected[account])


def balances(database: psycopg.Connection[Any]) -> dict[str, int]:
    """Return what is booked on every account."""
    rows = database.execute("select id::text, booked_minor from transactions_account").fetchall()
    return {str(account): int(booked) for account, booked in rows}


class _Transferring:
    def __init__(self, kind: Transfers, customer: Customer, all_: list[Customer]) -> None:
        self._kind = kind
        self._source = customer.account_id
        self._others = [other.account_id for other in all_ if other is not customer]
        self._chance = random.Random(customer.email)

    def write(self, client: httpx.Client) -> httpx.Response:
        target, cents = self._chance.choice(self._others), self._chance.randint(1, 9)
        key = new_id().hex
        self._kind.unanswered.append(key)
        answer = client.post(
            "/api/transactions",
            json={
                "source_account_id": self._source,
                "target_account_id": target,
                "amount": {"amount": f"0.{cents:02}", "currency": "EUR"},
                "description": self._kind.note,
            },
            headers={"Idempotency-Key": key},
        )
        if answer.status_code < 500:
            self._kind.unanswered.remove(key)
        if answer.status_code == 201:
            posted = Transfer(answer.json()["id"], self._source, target, cents)
            self._kind.acknowledged.append(posted)
        return answer


@dataclass
class Readings:
    """Postings looked at: nothing is written, so nothing can be lost."""

    context: str = "transactions"

    def writer(self, client: httpx.Client, customer: Customer, all_: list[Customer]) -> Writer:
        """Return the reader of one customer."""
        del client, customer, all_
        return _Reading()

    def verdict(self, database: psycopg.Connection[Any]) -> Verdict:
        """There is nothing to compare."""
        del database
        return Verdict(0, 0, 0)


class _Reading:
    def write(self, client: httpx.Client) -> httpx.Response:
        return client.get("/api/transactions?limit=1")


@dataclass
class Nicknames:
    """Accounts renamed, each by one customer: the version counts, the name is the last one."""

    before: dict[str, int]
    context: str = "accounts"
    versions: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def writer(self, client: httpx.Client, customer: Customer, all_: list[Customer]) -> Writer:
        """Return the writer of one customer."""
        del all_
        return _Renaming(self, client, customer.account_id)

    def verdict(self, database: psycopg.Connection[Any]) -> Verdict:
        """Compare the accounts with the log."""
        lost = doubled = 0
        for account, (before, count, name) in self.versions.items():
            row = database.execute(
                "select version, nickname from accounts_account where id = %s", (account,)
            ).fetchone()
            version, nickname = row or (0, "")
            lost += max(0, before + count - version) or int(nickname != name)
            doubled += max(0, version - before - count)
        return Verdict(sum(count for _, count, _ in self.versions.values()), lost, doubled)


class _Renaming:
    def __init__(self, kind: Nicknames, client: httpx.Client, account: str) -> None:
        self._kind, self._account = kind, account
        answer = client.get(f"/api/accounts/{account}")
        self._etag = answer.headers["ETag"]
        kind.versions[account] = (kind.before[account], 0, answer.json()["nickname"])

    def write(self, client: httpx.Client) -> httpx.Response:
        name = new_id().hex[-20:]
        answer = client.patch(
            f"/api/accounts/{self._account}",
            json={"nickname": name},
            headers={"If-Match": self._etag},
        )
        if answer.status_code == 200:
            self._etag = answer.headers["ETag"]
            before, count, _ = self._kind.versions[self._account]
            self._kind.versions[self._account] = (before, count + 1, name)
        return answer


@dataclass
class Sessions:
    """Refresh tokens in chains: one that is lost or used twice ends its session for good.

    The last token of each chain is what the database must hold.
    """

    context: str = "auth"
    current: dict[str, str] = field(default_factory=dict)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def writer(self, client: httpx.Client, customer: Customer, all_: list[Customer]) -> Writer:
        """Return the writer of one customer."""
        del all_
        said = {"email": customer.email, "password": PASSWORD}
        answer = client.post("/api/auth/login", json=said)
        assert answer.status_code == 200, answer.text
        return _Refreshing(self, answer.json()["refresh"])

    def verdict(self, database: psycopg.Connection[Any]) -> Verdict:
        """Compare the sessions with the log."""
        lost = doubled = 0
        for session, token in self.current.items():
            row = database.execute(
                "select current_id::text, state from vortex_auth_refresh_family"
                " where session_id = %s",
                (session,),
            ).fetchone()
            lost += int(row is None or (row[1] == "active" and row[0] != token))
            doubled += int(row is not None and row[1] != "active")
        return Verdict(self.count, lost, doubled)


class _Refreshing:
    def __init__(self, kind: Sessions, refresh: str) -> None:
        self._kind, self._refresh = kind, refresh

    def write(self, client: httpx.Client) -> httpx.Response:
        answer = client.post("/api/auth/refresh", json={"refresh": self._refresh})
        if answer.status_code == 200:
            self._refresh = answer.json()["refresh"]
            session, token = _claims(self._refresh)
            with self._kind.lock:
                self._kind.current[session] = token
                self._kind.count += 1
        return answer


def _claims(token: str) -> tuple[str, str]:
    import jwt

    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims["sid"]), str(claims["jti"])


def kind_of(context: str, database: psycopg.Connection[Any]) -> Kind:
    """Return how a context is written to, beginning with what its database holds now."""
    if context == "transactions":
        return Transfers(balances(database))
    if context == "accounts":
        rows = database.execute("select id::text, version from accounts_account").fetchall()
        return Nicknames({str(account): int(version) for account, version in rows})
    return Sessions()
