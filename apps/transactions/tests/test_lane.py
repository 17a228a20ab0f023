"""The lane answers as the API does, for many at once; it loses nothing and doubles nothing."""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from apps.transactions.lane import group
from apps.transactions.lane.group import Group
from apps.transactions.models import Account, Posting
from apps.transactions.services import accounts
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.lane_site import Site, site, token
from apps.transactions.tests.test_api import account_of
from vortex import valkey
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.identity import revoke_session
from vortex.ids import new_id
from vortex.testing import person

DATABASE: Final = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[DATABASE])

JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture
def doors(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    with site(settings) as opened:
        yield opened


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


class Payer:
    """A customer with two accounts, and somebody to pay."""

    def __init__(self, minor: int = 10_000) -> None:
        self.principal: Principal = person()
        self.token = token(self.principal)
        self.source = account_of(self.principal, minor)
        self.savings = account_of(self.principal)
        self.shop = account_of(person())

    def names(self) -> dict[str, str]:
        """Return what the two worlds of a comparison call the same."""
        ids = {"source": self.source, "savings": self.savings, "shop": self.shop}
        return {name: str(value) for name, value in ids.items()}

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of a transfer of 1.00 to the shop, with some of them changed."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": new_id().hex, **JSON}
        said = {
            "source_account_id": str(self.source),
            "target_account_id": str(self.shop),
            "amount": {"amount": "1.00", "currency": "EUR"},
        }
        return {"url": "/api/transactions", "headers": headers, "json": said} | changes


def balance(account_id: UUID) -> int:
    return int(Account.objects.get(pk=account_id).booked_minor)


def the_laws_hold() -> bool:
    return not [breach for law in LAWS for breach in breaches_of(law)]


# --- the same answers ----------------------------------------------------------------------------

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

    from_lane, from_api = run(compare())

    assert from_lane == from_api
    assert balance(by_lane.source) == balance(by_api.source)
    assert balance(by_lane.savings) == balance(by_api.savings)


def test_the_lane_itself_answers_what_is_usual(doors: Site) -> None:
    payer = Payer()
    usual = [payer.request(), payer.request(url="/api/v1/transactions"), payer.request()]
    usual[2]["json"]["amount"]["amount"] = "1000000.00"
    usual.append(usual[0])

    async def send() -> list[int]:
        async with doors.client("lane") as lane:
            return [(await lane.post(**request)).status_code for request in usual]

    assert run(send()) == [201, 201, 422, 201]
    assert doors.passed_on == 0


# --- many at once --------------------------------------------------------------------------------


async def at_once(doors: Site, requests: list[dict[str, Any]]) -> list[httpx.Response]:
    async with doors.client("lane") as lane:
        return list(await asyncio.gather(*(lane.post(**request) for request in requests)))


def test_requests_that_come_together_are_committed_together(doors: Site) -> None:
    payer = Payer()
    before = _commits()

    answers = run(at_once(doors, [payer.request() for _ in range(100)]))

    assert {answer.status_code for answer in answers} == {201}
    assert _commits() - before < 20
    assert balance(payer.shop) == 10_000
    assert the_laws_hold()


def test_of_many_who_want_more_than_there_is_exactly_those_it_suffices_for_succeed(
    doors: Site,
) -> None:
    payer = Payer(5_000)

    answers = run(at_once(doors, [payer.request() for _ in range(100)]))

    assert sorted(answer.status_code for answer in answers) == [201] * 50 + [422] * 50
    assert balance(payer.source) == 0
    assert the_laws_hold()


def test_a_key_sent_many_times_at_once_moves_money_once(doors: Site) -> None:
    payer = Payer()
    request = payer.request()

    answers = run(at_once(doors, [request] * 40))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.text for answer in answers if answer.status_code == 201}) == 1
    assert balance(payer.shop) == 100


def test_a_key_that_the_api_is_working_on_is_in_progress(doors: Site) -> None:
    payer = Payer()
    request = payer.request()
    caller = f"user:{payer.principal.user_id}"
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "select pg_advisory_lock(idempotency_lock(%s, %s))",
            (caller, request["headers"]["Idempotency-Key"]),
        )
        (meanwhile,) = run(at_once(doors, [request]))
        cursor.execute("select pg_advisory_unlock_all()")
        (afterwards,) = run(at_once(doors, [request]))

    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "request_in_progress")
    assert afterwards.status_code == 201


def test_a_broken_request_among_many_harms_nobody_else(doors: Site) -> None:
    payer = Payer()
    requests = [payer.request() for _ in range(50)]
    requests[20]["json"]["amount"] = "lots"
    requests[30]["json"]["target_account_id"] = str(new_id())

    answers = run(at_once(doors, requests))

    statuses = [answer.status_code for answer in answers]
    assert (statuses[20], statuses[30]) == (422, 404)
    assert sorted(statuses).count(201) == 48
    assert doors.passed_on == 1


def test_an_account_frozen_while_requests_wait_pays_nothing_afterwards(doors: Site) -> None:
    payer = Payer()

    async def send() -> list[httpx.Response]:
        async with doors.client("lane") as lane:
            first = await asyncio.gather(*(lane.post(**payer.request()) for _ in range(20)))
            await asyncio.to_thread(freeze)
            then = await asyncio.gather(*(lane.post(**payer.request()) for _ in range(20)))
            return [*first, *then]

    def freeze() -> None:
        accounts.restrict_account(account_id=payer.source, debits_frozen=True, credits_frozen=False)
        connections[DATABASE].close()

    answers = run(send())

    assert [answer.status_code for answer in answers] == [201] * 20 + [422] * 20
    assert {answer.json()["code"] for answer in answers[20:]} == {"account_frozen"}


def test_who_hangs_up_finds_the_answer_under_the_key(doors: Site) -> None:
    payer = Payer()
    request = payer.request()

    async def hang_up_and_ask_again() -> httpx.Response:
        async with doors.client("lane") as lane:
            impatient = asyncio.create_task(lane.post(**request))
            await asyncio.sleep(0)
            impatient.cancel()
            while True:
                answer = await lane.post(**request)
                if answer.status_code != 409:
                    return answer

    answer = run(hang_up_and_ask_again())

    assert answer.status_code == 201
    assert Posting.objects.count() == 2  # the opening, and this one
    assert balance(payer.shop) == 100


def test_a_group_that_fails_is_answered_by_the_api_and_moves_nothing(doors: Site) -> None:
    payer = Payer()
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "insert into topology_owner (context, owner, epoch, changed_at)"
            " values ('transactions', 'elsewhere', 1, now())"
        )

    answers = run(at_once(doors, [payer.request() for _ in range(5)]))

    assert {answer.json()["code"] for answer in answers} == {"context_moved"}
    assert doors.passed_on == 5
    assert balance(payer.shop) == 0


def test_a_session_that_ended_is_refused_in_the_next_group(doors: Site) -> None:
    payer = Payer()
    (before,) = run(at_once(doors, [payer.request()]))
    assert payer.principal.session_id is not None
    revoke_session(payer.principal.session_id, now() + timedelta(hours=1))

    (after,) = run(at_once(doors, [payer.request()]))

    assert (before.status_code, after.status_code) == (201, 401)
    assert after.json()["code"] == "session_revoked"


def test_a_caller_beyond_the_limit_is_refused_whichever_door_counted(doors: Site, settings) -> None:
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "caller": (5, 60, "open")}
    payer = Payer()

    answers = run(at_once(doors, [payer.request() for _ in range(9)]))

    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 4
    assert balance(payer.shop) == 500


def test_more_than_can_wait_are_told_to_come_back(doors: Site, monkeypatch) -> None:
    monkeypatch.setattr(group, "WAITING", 0)
    payer = Payer()

    (answer,) = run(at_once(doors, [payer.request()]))

    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_busy")
    assert answer.headers["retry-after"] == "1"
    assert balance(payer.shop) == 0


def test_a_request_alone_goes_alone_and_what_comes_meanwhile_goes_together() -> None:
    sizes: list[int] = []

    started, submitted = threading.Event(), threading.Event()

    def work(jobs: Any) -> list[int]:
        sizes.append(len(jobs))
        started.set()
        submitted.wait(10)
        return list(jobs)

    grouped: Group[int, int] = Group(work)

    async def submit() -> None:
        first = grouped.submit(0)
        await asyncio.to_thread(started.wait, 10)
        others = [grouped.submit(number) for number in range(1, 31)]
        submitted.set()
        answers = [await waiting for waiting in [first, *others] if waiting is not None]
        assert answers == list(range(31))

    run(submit())
    grouped.close()

    assert sizes == [1, 30]


def _commits() -> float:
    (metric,) = group._sizes.collect()
    return sum(sample.value for sample in metric.samples if sample.name.endswith("_count"))
