"""Many requests at once: the lane loses nothing, doubles nothing and keeps nobody waiting."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from django.db import connections

from apps.transactions.models import Account, Posting
from apps.transactions.services import accounts
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.lane_site import Payer, Site, site, token
from vortex import valkey
from vortex.clock import now
from vortex.db import alias_of
from vortex.http.quick import groups
from vortex.http.quick.groups import Group
from vortex.identity import Revoked, remember, revoke_session
from vortex.ids import new_id

DATABASE: Final = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[DATABASE])


@pytest.fixture
def doors(settings) -> Iterator[Site]:
    valkey.client().flushdb()
    remember(Revoked())
    with site(settings) as opened:
        yield opened


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def balance(account_id: UUID) -> int:
    return int(Account.objects.get(pk=account_id).booked_minor)


def the_laws_hold() -> bool:
    return not [breach for law in LAWS for breach in breaches_of(law)]


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


def test_a_group_that_meets_the_fence_says_so_and_moves_nothing(doors: Site) -> None:
    payer = Payer()
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(
            "insert into topology_owner (context, owner, epoch, changed_at)"
            " values ('transactions', 'elsewhere', 1, now())"
        )

    answers = run(at_once(doors, [payer.request() for _ in range(5)]))

    assert {answer.json()["code"] for answer in answers} == {"context_moved"}
    assert {answer.headers["X-Context-Moved"] for answer in answers} == {"transactions"}
    assert doors.passed_on == 0
    assert balance(payer.shop) == 0


def test_a_session_that_ended_is_refused_in_the_next_group(doors: Site) -> None:
    payer = Payer()
    (before,) = run(at_once(doors, [payer.request()]))
    assert payer.principal.session_id is not None
    revoke_session(payer.principal.session_id, now() + timedelta(hours=1))

    (after,) = run(at_once(doors, [payer.request()]))

    assert (before.status_code, after.status_code) == (201, 401)
    assert after.json()["code"] == "session_revoked"


def test_a_token_that_may_only_read_posts_nothing_here_either(doors: Site) -> None:
    payer = Payer()
    reads = token(payer.principal, scopes=["accounts:read", "transactions:read"])
    writes = token(payer.principal, scopes=["transactions:write"])
    requests = [payer.request(), payer.request()]
    for request, raw in zip(requests, (reads, writes), strict=True):
        request["headers"]["Authorization"] = f"Bearer {raw}"

    refused, posted = run(at_once(doors, requests))

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert posted.status_code == 201
    assert balance(payer.shop) == 100


def test_a_caller_beyond_the_limit_is_refused_whichever_door_counted(doors: Site, settings) -> None:
    settings.VORTEX_RATE_LIMITS = {**settings.VORTEX_RATE_LIMITS, "caller": (5, 60, "open")}
    payer = Payer()

    answers = run(at_once(doors, [payer.request() for _ in range(9)]))

    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 4
    assert balance(payer.shop) == 500


def test_more_than_can_wait_are_told_to_come_back(doors: Site, monkeypatch) -> None:
    monkeypatch.setattr(groups, "WAITING", 0)
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

    grouped: Group[int, int] = Group(work, name="test")

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


WORTH: Final = groups.WORTH


@pytest.mark.parametrize(
    ("others", "expected"),
    [(WORTH, [1, WORTH]), (3 * WORTH, [1, 3 * WORTH // 2 + 1, 3 * WORTH // 2 - 1])],
    ids=["all of few", "half of many"],
)
def test_enough_others_set_off_while_a_group_is_with_the_database(
    others: int, expected: list[int]
) -> None:
    sizes: list[int] = []
    started, second, last = threading.Event(), threading.Event(), threading.Event()

    def work(jobs: Any) -> list[int]:
        sizes.append(len(jobs))
        started.set()
        if len(sizes) == 2:
            second.set()
        if len(sizes) == len(expected):
            last.set()
        # The first is not done before the second has begun, nor the second before the last has.
        assert (second if jobs[0] == 0 else last).wait(10)
        return list(jobs)

    grouped: Group[int, int] = Group(work, name="test")

    async def submit() -> None:
        first = grouped.submit(0)
        await asyncio.to_thread(started.wait, 10)
        more = [grouped.submit(number) for number in range(1, others + 1)]
        answers = [await waiting for waiting in [first, *more] if waiting is not None]
        assert answers == list(range(others + 1))

    run(submit())
    grouped.close()

    assert sizes == expected


def _commits() -> float:
    (metric,) = groups._sizes.collect()
    return sum(sample.value for sample in metric.samples if sample.name.endswith("_count"))
