"""Batches through the lane: answered as the API does, in order, in bounded memory and numbers."""

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from apps.transactions.lane import bulks
from apps.transactions.lane.asked import read
from apps.transactions.models import Account, Posting
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.lane_site import Payer, Site, site
from apps.transactions.tests.test_lane_alike import neutral
from vortex import valkey
from vortex.db import alias_of
from vortex.identity import Revoked, remember
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

URL: Final = "/api/transactions/bulk"
Change = Callable[[dict[str, Any], Payer, list[dict[str, Any]]], None]


@pytest.fixture
def doors(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())
    with site(settings) as opened:
        yield opened


def item(payer: Payer, **changes: Any) -> dict[str, Any]:
    """Return an item that pays 1.00 to the shop, with some of it changed."""
    good: dict[str, Any] = payer.request()["json"]
    return {"id": str(new_id()), **good, **changes}


def batch(payer: Payer, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return payer.request(url=URL, json={"items": items, **more})


async def at_once(doors: Site, requests: list[dict[str, Any]]) -> list[httpx.Response]:
    async with doors.client("lane") as lane:
        return list(await asyncio.gather(*(lane.post(**request) for request in requests)))


def balance(payer: Payer) -> int:
    return int(Account.objects.get(pk=payer.source).booked_minor)


def put(name: str, value: Any) -> Change:
    def change(one: dict[str, Any], payer: Payer, before: list[dict[str, Any]]) -> None:
        one[name] = value

    return change


def _nothing(one: dict[str, Any], payer: Payer, before: list[dict[str, Any]]) -> None: ...


def _again(one: dict[str, Any], payer: Payer, before: list[dict[str, Any]]) -> None:
    one.update(before[-1] if before else {})


def _same_id(one: dict[str, Any], payer: Payer, before: list[dict[str, Any]]) -> None:
    one["id"] = before[-1].get("id") if before else one["id"]


def _not_mine(one: dict[str, Any], payer: Payer, before: list[dict[str, Any]]) -> None:
    one["source_account_id"] = str(payer.shop)


USUAL: Final[list[Change]] = [
    *([_nothing] * 5),
    _again,
    _same_id,
    _not_mine,
    put("amount", {"amount": "9.00", "currency": "EUR"}),
    put("amount", {"amount": "1.00", "currency": "GBP"}),
    put("target_account_id", str(new_id())),
]
STRANGE: Final[list[Change]] = [
    put("id", "one"),
    put("id", None),
    put("amount", 5),
    put("description", 5),
    put("category", "x"),
    put("effective_date", "1999-01-01"),
    put("surprise", 1),
]
ITEMS: Final = st.lists(st.sampled_from(USUAL * 3 + STRANGE), max_size=12)
MORE: Final[list[dict[str, Any]]] = [
    *([{}] * 6),
    {"atomic": False},
    {"atomic": True},
    {"atomic": "yes"},
    {"items": None},
    {"x": 1},
]


@rules(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ITEMS, st.sampled_from(MORE))
def test_the_lane_and_the_api_answer_a_batch_alike(
    doors: Site, changes: list[Change], more: dict[str, Any]
) -> None:
    by_lane, by_api = Payer(1_500), Payer(1_500)

    async def told(door: str, payer: Payer) -> list[Any]:
        items: list[dict[str, Any]] = []
        for change in changes:
            one = item(payer)
            change(one, payer, items)
            items.append(one)
        request = payer.request(url=URL, json={"items": items, **more})
        async with doors.client(door) as client:
            answers = [await client.post(**request) for _ in range(2)]
        return [(answer.status_code, *neutral(answer, payer)) for answer in answers]

    async def compare() -> tuple[list[Any], list[Any]]:
        return await told("lane", by_lane), await told("api", by_api)

    from_lane, from_api = asyncio.run(compare())

    assert from_lane == from_api
    assert balance(by_lane) == balance(by_api)


def test_of_a_thousand_that_want_twice_what_there_is_the_first_half_posts_in_order(
    doors: Site,
) -> None:
    payer = Payer(50_000)

    (answer,) = asyncio.run(at_once(doors, [batch(payer, [item(payer) for _ in range(1_000)])]))

    assert [one["posted"] for one in answer.json()["items"]] == [True] * 500 + [False] * 500
    assert balance(payer) == 0
    assert doors.passed_on == 0


def test_one_malformed_item_among_a_thousand_is_named_and_nothing_posts(doors: Site) -> None:
    payer = Payer(200_000)
    items = [item(payer) for _ in range(1_000)]
    items[700]["amount"] = "1.00"

    (answer,) = asyncio.run(at_once(doors, [batch(payer, items)]))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert answer.json()["errors"][0]["pointer"].startswith("/items/700/amount")
    assert balance(payer) == 200_000


def test_ids_that_stand_in_two_batches_at_once_move_money_once(doors: Site) -> None:
    payer = Payer(100_000)
    items = [item(payer) for _ in range(200)]

    answers = asyncio.run(at_once(doors, [batch(payer, items), batch(payer, items[::-1])]))

    assert [answer.json()["posted"] for answer in answers] == [200, 200]
    replays = [one["replayed"] for answer in answers for one in answer.json()["items"]]
    assert sorted(replays) == [False] * 200 + [True] * 200
    assert balance(payer) == 80_000
    assert not [breach for law in LAWS for breach in breaches_of(law)]


def test_an_atomic_batch_with_a_refusal_leaves_nothing(doors: Site) -> None:
    payer = Payer(500)
    request = batch(payer, [item(payer) for _ in range(6)], atomic=True)

    (answer,) = asyncio.run(at_once(doors, [request]))

    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_funds")
    assert balance(payer) == 500
    assert Posting.objects.count() == 1  # the opening


def test_more_batches_than_may_wait_are_told_to_come_back(doors: Site, monkeypatch) -> None:
    monkeypatch.setattr(bulks, "WAITING", 1)
    payer = Payer(100_000)

    answers = asyncio.run(at_once(doors, [batch(payer, [item(payer)]) for _ in range(8)]))

    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert balance(payer) == 100_000 - 100 * statuses.count(200)


def test_a_body_beyond_the_limit_is_refused_unread(doors: Site) -> None:
    payer = Payer()
    received = 0

    async def flood() -> Any:
        nonlocal received
        for _ in range(10_000):
            received += 65_536
            yield b" " * 65_536

    async def send() -> httpx.Response:
        request = payer.request(url=URL)
        del request["json"]
        request["headers"]["Content-Length"] = str(1 << 30)
        async with doors.client("lane") as lane:
            return await lane.post(**request, content=flood())

    answer = asyncio.run(send())

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert received < 8 << 20


def test_ten_thousand_items_are_read_in_bounded_memory(settings) -> None:
    with site(settings):
        payer = Payer()
        request = batch(payer, [item(payer) for _ in range(10_000)])
        body = httpx.Request("POST", "http://testserver", json=request["json"]).content
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(body)
        headers = {name.lower().encode(): text for name, text in request["headers"].items()}
        read(URL, headers, body)

        tracemalloc.start()
        asked = read(URL, headers, body)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert asked is not None
    assert len(asked.transfers) == 10_000
    assert peak < 12 * len(body)
