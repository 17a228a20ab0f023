"""Accounts and balances are said off the wire as the API says them, and each asker's own only."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from rest_framework.serializers import Serializer

from apps.accounts.api.reads import ACCOUNTS, BALANCE
from apps.accounts.api.serializers import AccountSerializer, BalanceSerializer
from apps.accounts.contracts import Product, Role
from apps.accounts.domain.members import State
from apps.accounts.models import Account, Member
from apps.accounts.selectors import balances
from apps.accounts.selectors.members import account_seen_by
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger
from vortex import valkey
from vortex.clock import now
from vortex.contracts import Principal
from vortex.http.quick.reads import Reads
from vortex.identity import Revoked, remember
from vortex.ids import new_id
from vortex.testing import doors, person
from vortex.testing.doors import InFront, Site, asked_at_both, token

pytestmark = pytest.mark.django_db(transaction=True, databases=[OWN])


@pytest.fixture
def site(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())

    def in_front(application: Any) -> InFront:
        door = Reads(BALANCE, ACCOUNTS)
        return InFront(application, door, door.close)

    with doors.site(settings, in_front) as opened:
        yield opened


class World:
    """Ada with two accounts, one that she shares, one that she may use, and one of a stranger."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ada: Principal = person()
        own = [
            an_account(owner_id=self.ada.user_id, nickname="Every \u2028day", overdraft_minor=100),
            an_account(owner_id=self.ada.user_id, product=Product.SAVINGS, currency="JPY"),
        ]
        self.accounts = {
            "own": own[0],
            "savings": own[1],
            "joint": shared_with(self.ada, Role.JOINT),
            "delegated": shared_with(self.ada, Role.DELEGATE),
            "strange": an_account(),
            "unknown": an_account(owner_id=self.ada.user_id),
        }
        for account in self.accounts.values():
            ledger.credit(account.pk, 12_345)
        self.forgotten = ledger.kept.pop(self.accounts["unknown"].pk)

    def asks(self, url: str, **headers: str) -> dict[str, Any]:
        for name, account in self.accounts.items():
            url = url.replace(f"@{name}", str(account.pk))
        return {"url": url, "headers": {"Authorization": f"Bearer {token(self.ada)}", **headers}}


def shared_with(somebody: Principal, role: Role) -> Account:
    account = an_account()
    Member.objects.create(
        id=new_id(),
        account_id=account.pk,
        user_id=somebody.user_id,
        email=f"{somebody.user_id}@example.com",
        role=role.value,
        may_pay=False,
        state=State.ACTIVE.value,
        invited_by=account.owner_id,
        invited_at=now(),
        expires_at=now(),
        changed_by=account.owner_id,
        changed_at=now(),
    )
    return account


@pytest.fixture
def world(site: Site, ledger: FakeLedger) -> World:
    return World(ledger)


URLS: Final = [
    "/api/accounts/@own/balance",
    "/api/v1/accounts/@savings/balance",
    "/api/accounts/@joint/balance",
    "/api/accounts/@delegated/balance",
    "/api/accounts/@strange/balance",
    "/api/accounts/@unknown/balance",
    f"/api/accounts/{new_id()}/balance",
    f"/api/accounts/{str(new_id()).upper()}/balance",
    "/api/accounts/nobody/balance",
    "/api/accounts/@own/balance?a=b",
    "/api/accounts/@own/balance/",
    "/api/accounts?status=active",
    "/api/accounts?currency=EUR",
    "/api/accounts?currency=eur",
    "/api/accounts?status=nonsense",
]
HEADERS: Final[list[dict[str, str]]] = [
    {},
    {},
    {"Authorization": "Bearer nonsense"},
    {"Accept": "text/html"},
    {"X-Deadline-Ms": "0"},
    {"X-Request-Id": "one-of-the-clients"},
]


@rules(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(URLS), st.sampled_from(HEADERS))
def test_the_wire_and_the_api_say_the_same(
    site: Site, world: World, url: str, headers: dict[str, str]
) -> None:
    ((by_wire, by_api),) = asyncio.run(asked_at_both(site, [world.asks(url, **headers)]))

    assert by_wire == by_api


def test_the_list_is_the_same_with_what_is_shared_after_what_is_own(
    site: Site, world: World, ledger: FakeLedger
) -> None:
    ledger.kept[world.forgotten.account_id] = world.forgotten  # a list needs the money of each
    requests = [world.asks("/api/accounts"), world.asks("/api/v1/accounts")]

    (first, second) = asyncio.run(asked_at_both(site, requests))

    assert first[0] == first[1] == second[0] == second[1]
    assert site.by_wire == 2
    roles = re.findall(r'"role":"(\w+)"', first[0][2])
    assert roles == ["owner", "owner", "owner", "delegate", "joint"]


def test_of_many_who_ask_together_each_sees_their_own(site: Site, ledger: FakeLedger) -> None:
    people = [person() for _ in range(6)]
    own = {one.user_id: an_account(owner_id=one.user_id) for one in people}
    for number, one in enumerate(people):
        ledger.credit(own[one.user_id].pk, 100 * number + 1)
    neighbours = dict(zip(people, people[1:] + people[:1], strict=True))

    async def ask() -> list[Any]:
        async with site.wire_client() as wire:

            def get(asker: Principal, place: str) -> Any:
                headers = {"Authorization": f"Bearer {token(asker)}"}
                return wire.get(f"/api/accounts{place}", headers=headers)

            asked = [
                (
                    get(one, f"/{own[one.user_id].pk}/balance"),
                    get(one, f"/{own[neighbours[one].user_id].pk}/balance"),
                    get(one, ""),
                )
                for one in people * 4
            ]
            return await asyncio.gather(*(answer for three in asked for answer in three))

    answers = asyncio.run(ask())

    assert site.by_wire == len(answers) == 72
    for number, one in enumerate(people * 4):
        balance, strange, listed = answers[3 * number : 3 * number + 3]
        minor = 100 * (number % len(people)) + 1
        assert balance.json()["account_id"] == str(own[one.user_id].pk)
        assert balance.json()["booked"]["amount"] == f"{minor // 100}.{minor % 100:02}"
        assert strange.status_code == 404
        assert [item["id"] for item in listed.json()["items"]] == [str(own[one.user_id].pk)]


@pytest.mark.parametrize("name", ["own", "savings", "joint", "delegated"])
def test_all_at_once_says_what_the_fields_say_one_by_one(world: World, name: str) -> None:
    account = account_seen_by(account_id=world.accounts[name].pk, user_id=world.ada.user_id)
    serializer = AccountSerializer()

    said = serializer.to_representation(account)
    money = BalanceSerializer().to_representation((account, balances([account])[account.pk]))

    assert list(said.items()) == list(Serializer.to_representation(serializer, account).items())
    assert list(money) == list(BalanceSerializer().fields)
