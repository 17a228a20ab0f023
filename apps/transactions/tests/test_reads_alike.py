"""The list of transactions says off the wire what the API says, and each asker sees their own."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from apps.transactions.api import reads
from apps.transactions.services.transferring import Transfer, transfer
from apps.transactions.tests.lane_site import Payer
from vortex import valkey
from vortex.clock import now
from vortex.db import alias_of, unit_of_work
from vortex.http.quick import lines
from vortex.http.quick.reads import Reads
from vortex.identity import Revoked, remember, revoke_session
from vortex.ids import new_id
from vortex.money import Money
from vortex.testing import doors
from vortex.testing.doors import InFront, Site, asked_at_both

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


@pytest.fixture
def site(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())

    def in_front(application: Any) -> InFront:
        door = Reads(reads.TRANSACTIONS)
        return InFront(application, door, door.close)

    with doors.site(settings, in_front) as opened:
        yield opened


class Customer(Payer):
    """A payer with a history: three payments to the shop, and one between own accounts."""

    def __init__(self) -> None:
        super().__init__(50_000)
        for target, description in [
            (self.shop, "Bread"),
            (self.savings, 'Kept \u2028 <b>\\"'),
            (self.shop, "Zoë’s"),
            (self.shop, ""),
        ]:
            self.pay(target, description)

    def pay(self, target: UUID, description: str) -> None:
        paid = Transfer(
            posting_id=new_id(),
            source_account_id=self.source,
            target_account_id=target,
            amount=Money(125, "EUR"),
            description=description,
            counterparty="Shop",
            reference="",
            category="groceries",
            effective_date=None,
        )
        with unit_of_work("transactions"):
            transfer(transfer=paid, owner_id=self.principal.user_id)

    def asks(self, url: str, **headers: str) -> dict[str, Any]:
        """Return a request; names of accounts in its address stand for their ids."""
        for name, value in self.names().items():
            url = url.replace(f"@{name}", value)
        return {"url": url, "headers": {"Authorization": f"Bearer {self.token}", **headers}}


@pytest.fixture
def customer(site: Site) -> Customer:
    return Customer()


URLS: Final = [
    "/api/transactions",
    "/api/v1/transactions",
    "/api/transactions?limit=2",
    "/api/transactions?limit=1&direction=in",
    "/api/transactions?direction=out&account_id=@source",
    "/api/transactions?account_id=@savings",
    "/api/transactions?account_id=@shop",
    f"/api/transactions?account_id={new_id()}",
    "/api/transactions?account_id=nobody",
    "/api/transactions?account_id=",
    "/api/transactions?direction=sideways",
    "/api/transactions?limit=0",
    "/api/transactions?limit=201",
    "/api/transactions?limit=%32",
    "/api/transactions?limit=1&limit=2",
    "/api/transactions?limit",
    "/api/transactions?cursor=forged",
    "/api/transactions?cursor=",
    "/api/transactions?q=Bread",
    "/api/transactions?least_minor=200",
    "/api/transactions?a=b",
    "/api/transactions?&",
    "/api/transactions?",
    "/api/transactions/",
    "/api/transactions?%00",
]
HEADERS: Final[list[dict[str, str]]] = [
    {},
    {},
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer nonsense"},
    {"Authorization": "Basic eDp5"},
    {"Accept": "text/html"},
    {"Accept": "application/json"},
    {"Accept-Language": "de"},
    {"Cookie": "sessionid=x"},
    {"Cookie": f"theme=dark; csrftoken={'a' * 32}"},
    {"Content-Length": "0"},
    {"If-None-Match": "*"},
    {"X-Deadline-Ms": "0"},
    {"X-Request-Id": "one-of-the-clients"},
    {"X-Request-Id": "not one{}"},
    {"Host": "elsewhere.example"},
    {"Idempotency-Key": "of-a-read"},
    {"Content-Type": "text/plain"},
    {"X-Forwarded-Proto": "https"},
]


@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(URLS), st.sampled_from(HEADERS))
def test_the_wire_and_the_api_say_the_same(
    site: Site, customer: Customer, url: str, headers: dict[str, str]
) -> None:
    ((by_wire, by_api),) = asyncio.run(asked_at_both(site, [customer.asks(url, **headers)]))

    assert by_wire == by_api


def test_pages_follow_each_other_off_the_wire_as_at_the_api(site: Site, customer: Customer) -> None:
    async def pages(client: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            answer = await client.get(**customer.asks(f"/api/transactions?limit=2{more}"))
            found.append(answer.json())
            cursor = answer.json()["next_cursor"]
        return found

    async def both() -> tuple[Any, Any]:
        async with site.wire_client() as wire, site.client("api") as api:
            return await pages(wire), await pages(api)

    by_wire, by_api = asyncio.run(both())

    assert by_wire == by_api
    assert [len(page["items"]) for page in by_wire] == [2, 2, 1]
    assert site.by_wire == 3


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?direction=in",
        "?account_id=@savings",
        "?account_id=@source&direction=out",
        "?account_id=@savings&limit=1",
        "?category=groceries",
        "?least_minor=125",
    ],
)
def test_a_transfer_between_own_accounts_shows_both_its_sides(
    site: Site, customer: Customer, query: str
) -> None:
    ((by_wire, by_api),) = asyncio.run(
        asked_at_both(site, [customer.asks(f"/api/transactions{query}")])
    )

    said = msgspec.json.decode(by_wire[2], type=dict[str, Any])
    (moved,) = [item for item in said["items"] if item["description"].startswith("Kept")]
    assert by_wire == by_api
    assert [entry["account_id"] for entry in moved["entries"]] == [
        str(customer.source),
        str(customer.savings),
    ]


def test_of_many_who_ask_together_each_sees_their_own(site: Site) -> None:
    customers = [Customer() for _ in range(4)]

    async def ask() -> list[Any]:
        async with site.wire_client() as wire:
            requests = [one.asks("/api/transactions") for one in customers * 8]
            return await asyncio.gather(*(wire.get(**request) for request in requests))

    answers = asyncio.run(ask())

    assert site.by_wire == len(answers) == 32
    for customer, answer in zip(customers * 8, answers, strict=True):
        own = {str(customer.source), str(customer.savings)}
        entries = [entry for item in answer.json()["items"] for entry in item["entries"]]
        assert {entry["account_id"] for entry in entries} == own


def test_who_is_signed_out_or_beyond_the_limit_is_told_so_by_the_api(
    site: Site, customer: Customer, settings
) -> None:
    other = Customer()
    session_id = customer.principal.session_id
    assert session_id is not None
    revoke_session(session_id, now() + timedelta(hours=1))
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "caller": (2, 3600, "open")}
    requests = [customer.asks("/api/transactions")] + [other.asks("/api/transactions")] * 3

    async def ask() -> list[Any]:
        async with site.wire_client() as wire:
            return [await wire.get(**request) for request in requests]

    answers = asyncio.run(ask())

    assert [answer.status_code for answer in answers] == [401, 200, 200, 429]
    assert answers[1].headers["ratelimit"].startswith('"caller";r=1;')
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_read_that_fails_is_asked_again_of_the_api(
    site: Site, customer: Customer, monkeypatch
) -> None:
    failures = iter([True])

    def failing(body: object) -> bytes:
        if next(failures, False):
            raise RuntimeError("once")
        return lines.encoded(body)

    monkeypatch.setattr(f"{reads.__name__}.encoded", failing)

    async def ask() -> list[Any]:
        async with site.wire_client() as wire:
            return [await wire.get(**customer.asks("/api/transactions")) for _ in range(2)]

    first, second = asyncio.run(ask())

    assert first.json() == second.json()
    assert (site.by_wire, site.passed_on) == (2, 1)


def test_a_page_that_takes_long_is_left_to_the_api_and_others_do_not_wait(
    site: Site, customer: Customer, monkeypatch
) -> None:
    monkeypatch.setattr("vortex.http.quick.reads._LONGEST_MS", 50)
    slow = "apps.transactions.selectors.postings._ARE_PAYERS_WORDS"
    monkeypatch.setattr(slow, "(select true from pg_sleep(0.1))")

    async def ask() -> list[Any]:
        async with site.wire_client() as wire:
            return [await wire.get(**customer.asks("/api/transactions")) for _ in range(2)]

    answers = asyncio.run(ask())

    assert [len(answer.json()["items"]) for answer in answers] == [5, 5]
    assert (site.by_wire, site.passed_on) == (2, 2)
