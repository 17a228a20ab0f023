"""The lane answers what somebody sends word for word as the API behind it does."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from apps.transactions.models import Account
from apps.transactions.tests.lane_site import Payer, Site, site
from vortex import valkey
from vortex.db import alias_of
from vortex.identity import Revoked, remember
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


@pytest.fixture
def doors(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())
    with site(settings) as opened:
        yield opened


# Each turns a good request into one that somebody will send; `names` are the world's accounts.
Change = Callable[[dict[str, Any], dict[str, str]], None]


def says(text: str) -> Change:
    """Replace the body by a text in which account names stand for their ids."""

    def change(request: dict[str, Any], names: dict[str, str]) -> None:
        del request["json"]
        request["content"] = re.sub(r"@(\w+)", lambda found: names[found[1]], text).encode(
            "utf-8", "surrogatepass"
        )

    return change


def field(name: str, value: Any) -> Change:
    def change(request: dict[str, Any], names: dict[str, str]) -> None:
        named = isinstance(value, str) and value.startswith("@")
        request["json"][name] = names[value[1:]] if named else value

    return change


def header(name: str, value: str | None) -> Change:
    def change(request: dict[str, Any], names: dict[str, str]) -> None:
        request["headers"].pop(name, None)
        if value is not None:
            request["headers"][name] = value

    return change


def address(url: str) -> Change:
    def change(request: dict[str, Any], names: dict[str, str]) -> None:
        request["url"] = url

    return change


GOOD: Final = (
    '{"source_account_id":"@source","target_account_id":"@shop",'
    '"amount":{"amount":"1.00","currency":"EUR"}%s}'
)
CHANGES: Final[list[Change]] = [
    lambda request, names: None,
    field("target_account_id", "@savings"),
    field("target_account_id", "@source"),
    field("source_account_id", "@shop"),
    field("target_account_id", str(new_id())),
    field("source_account_id", "nobody"),
    field("source_account_id", None),
    field("source_account_id", 7),
    field("amount", {"amount": "60.00", "currency": "EUR"}),
    field("amount", {"amount": "2000.00", "currency": "EUR"}),
    field("amount", {"amount": "0.00", "currency": "EUR"}),
    field("amount", {"amount": "-1.00", "currency": "EUR"}),
    field("amount", {"amount": "1.001", "currency": "EUR"}),
    field("amount", {"amount": "1.00", "currency": "GBP"}),
    field("amount", {"amount": "1.00", "currency": "eur"}),
    field("amount", {"amount": 1, "currency": "EUR"}),
    field("amount", {"amount": "1.00"}),
    field("amount", {"amount": "1.00", "currency": "EUR", "more": "x"}),
    field("amount", "1.00"),
    field("amount", {"amount": "99999999999999999", "currency": "EUR"}),
    field("description", 'Dinner at Zoë’s \u2028 \\ " \n'),
    field("description", "x" * 500),
    field("description", "x" * 501),
    field("description", 5),
    field("description", None),
    field("reference", "  kept  "),
    field("counterparty", "Zoë"),
    field("category", "groceries"),
    field("category", "nonsense"),
    field("category", ""),
    field("effective_date", "2026-11-20"),
    field("effective_date", "2026-1-2"),
    field("effective_date", "1999-01-01"),
    field("effective_date", ""),
    field("effective_date", None),
    field("surprise", "x"),
    header("Idempotency-Key", None),
    header("Idempotency-Key", "a b"),
    header("Idempotency-Key", "x" * 256),
    header("Authorization", None),
    header("Authorization", "Bearer nonsense"),
    header("Authorization", "Basic eDp5"),
    header("Content-Type", "application/json; charset=latin-1"),
    header("Content-Type", "text/plain"),
    header("Content-Type", "application/json; charset=utf-8"),
    header("Accept", "text/html"),
    header("Accept", "application/json"),
    header("X-Deadline-Ms", "0"),
    header("X-Request-Id", "not one{}"),
    header("Host", "elsewhere.example"),
    address("/api/v1/transactions"),
    address("/api/transactions?a=b"),
    address("/api/transactions/"),
    says(GOOD % ""),
    says(GOOD % ',"description":"one","description":"two"'),
    says(GOOD % ',"description":"\\u0000"'),
    says(GOOD % ',"description":"\\ud800"'),
    says(GOOD % ',"description":"Zo\\u00eb \\ud83d\\ude00"'),
    says(GOOD % ',"description":"a\x01b"'),
    says(GOOD % "," + "}"),
    says((GOOD % "") + " {}"),
    says("\ufeff" + GOOD % ""),
    says("[" * 100),
    says("null"),
    says(""),
    says("\ud800"),
]
# What a request may be instead of a new one: an earlier one again, or an earlier key.
SENT: Final = st.tuples(
    st.sampled_from(["new"] * 4 + ["again", "key again"]),
    st.sampled_from(CHANGES),
    st.sampled_from(CHANGES[:1] * 3 + CHANGES),
)


async def told(
    client: httpx.AsyncClient, payer: Payer, sent: list[tuple[str, Change, Change]]
) -> list[Any]:
    """Send the requests one after another; return what was answered, in words of both worlds."""
    answers: list[Any] = []
    earlier: list[dict[str, Any]] = []
    for how, *changes in sent:
        request = payer.request()
        if how == "again" and earlier:
            request = earlier[-1]
        else:
            if how == "key again" and earlier and "Idempotency-Key" in earlier[-1]["headers"]:
                request["headers"]["Idempotency-Key"] = earlier[-1]["headers"]["Idempotency-Key"]
            for change in changes:
                if "json" in request:
                    change(request, payer.names())
            earlier.append(request)
        answer = await client.post(**request)
        answers.append((answer.status_code, *neutral(answer, payer)))
    return answers


def neutral(answer: httpx.Response, payer: Payer) -> tuple[dict[str, str], str]:
    """Return headers and body without what chance and the clock put in."""
    headers, body = dict(answer.headers), answer.text
    for name in ("x-request-id", "content-length", "ratelimit"):
        headers[name] = "present" if name in headers else "absent"
    for name, value in payer.names().items():
        body = body.replace(value, f"@{name}")
    strange = r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z"
    headers["location"] = re.sub(strange, "#", headers.get("location", ""))
    return headers, re.sub(strange, "#", body)


@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SENT, min_size=1, max_size=5))
def test_the_lane_and_the_api_answer_alike(
    doors: Site, sent: list[tuple[str, Change, Change]]
) -> None:
    by_lane, by_api = Payer(5_000), Payer(5_000)

    async def compare() -> tuple[list[Any], list[Any]]:
        async with doors.client("lane") as lane, doors.client("api") as api:
            return await told(lane, by_lane, sent), await told(api, by_api, sent)

    from_lane, from_api = asyncio.run(compare())

    assert from_lane == from_api
    assert balances(by_lane) == balances(by_api)


@rules(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SENT, min_size=1, max_size=5))
def test_the_wire_and_the_api_answer_alike(
    doors: Site, sent: list[tuple[str, Change, Change]]
) -> None:
    by_wire, by_api = Payer(5_000), Payer(5_000)

    async def compare() -> tuple[list[Any], list[Any]]:
        async with doors.wire_client() as wire, doors.client("api") as api:
            return await told(wire, by_wire, sent), await told(api, by_api, sent)

    from_wire, from_api = asyncio.run(compare())

    assert [_sent(answer) for answer in from_wire] == [_sent(answer) for answer in from_api]
    assert balances(by_wire) == balances(by_api)


@rules(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(CHANGES), st.permutations(["lane", "wire", "api"]))
def test_what_one_door_has_answered_the_others_remember(
    doors: Site, change: Change, order: list[str]
) -> None:
    payer = Payer(5_000)
    request = payer.request()
    change(request, payer.names())

    async def send() -> list[httpx.Response]:
        async with (
            doors.client("lane") as lane,
            doors.client("api") as api,
            doors.wire_client() as wire,
        ):
            clients = {"lane": lane, "wire": wire, "api": api}
            return [await clients[door].post(**request) for door in order]

    first, *again = asyncio.run(send())

    if first.status_code == 201:
        assert [answer.content for answer in again] == [first.content] * 2
        assert {answer.headers["idempotency-replayed"] for answer in again} == {"true"}
    else:
        assert [answer.status_code for answer in again] == [first.status_code] * 2


def _sent(answer: Any) -> Any:
    """Leave out how the bytes of a body are sent, which is the server's to say."""
    status, headers, body = answer
    how = {"content-length", "transfer-encoding"}
    return status, {name: text for name, text in headers.items() if name not in how}, body


def balances(payer: Payer) -> list[int]:
    kept = Account.objects.in_bulk([payer.source, payer.savings])
    return [int(kept[payer.source].booked_minor), int(kept[payer.savings].booked_minor)]


def test_the_lane_itself_answers_what_is_usual(doors: Site) -> None:
    payer = Payer()
    usual = [payer.request(), payer.request(url="/api/v1/transactions"), payer.request()]
    usual[2]["json"]["amount"]["amount"] = "249.99"
    usual.append(usual[0])

    async def send() -> list[int]:
        async with doors.client("lane") as lane, doors.wire_client() as wire:
            answers = [await lane.post(**request) for request in usual]
            answers += [await wire.post(**request) for request in usual]
        return [answer.status_code for answer in answers]

    assert asyncio.run(send()) == [201, 201, 422, 201] * 2
    assert (doors.passed_on, doors.by_wire) == (0, 4)


def test_what_the_gate_judges_is_left_to_the_api_and_answered_alike_at_every_door(
    doors: Site,
) -> None:
    payers = [Payer(1_000_000) for _ in range(3)]
    amounts = ("250.00", "2000.00", "2000.01")

    async def send(payer: Payer, client: httpx.AsyncClient, others: list[httpx.AsyncClient]) -> Any:
        answers = []
        for amount in amounts:
            request = payer.request()
            request["json"]["amount"]["amount"] = amount
            sent = [await door.post(**request) for door in (client, *others)]
            assert len({answer.content for answer in sent}) == 1
            answers.append((sent[0].status_code, *neutral(sent[0], payer)))
        return answers

    async def compare() -> list[Any]:
        async with (
            doors.client("lane") as lane,
            doors.client("api") as api,
            doors.wire_client() as wire,
        ):
            clients = [lane, wire, api]
            return [
                await send(payer, client, [other for other in clients if other is not client])
                for payer, client in zip(payers, clients, strict=True)
            ]

    by_lane, by_wire, by_api = asyncio.run(compare())

    assert [status for status, _, _ in by_api] == [201, 202, 202]
    assert by_lane == by_api
    assert [_sent(answer) for answer in by_wire] == [_sent(answer) for answer in by_api]
    assert doors.by_wire == 0
    kept = Account.objects.in_bulk([payer.source for payer in payers]).values()
    assert {(one.booked_minor, one.held_minor) for one in kept} == {(975_000, 400_001)}


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_lane_keeps_to_https_as_the_api_does(settings, scheme: str) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    payer = Payer()

    async def send(doors: Site, door: str) -> tuple[int, Any]:
        request = payer.request()
        request["headers"]["X-Forwarded-Proto"] = scheme
        async with doors.client(door) as client:
            answer = await client.post(**request)
        return answer.status_code, neutral(answer, payer)[0]

    with site(settings) as doors:
        by_lane = asyncio.run(send(doors, "lane"))
        by_api = asyncio.run(send(doors, "api"))

    assert by_lane == by_api
    assert by_lane[0] == (201 if scheme == "https" else 301)
