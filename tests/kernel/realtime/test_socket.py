"""The socket lets in who has a ticket, loses no event, and ends with its session."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.kernel.realtime.servers import (
    Server,
    keys_of,
    opened,
    said,
    say,
    serving,
    ticket_of,
)
from vortex import valkey
from vortex.clock import now
from vortex.contracts import Principal
from vortex.identity.revocation import revoke_session, revoke_user
from vortex.realtime import News, check_user, close_session, push, push_many
from vortex.realtime.stream import KEPT_EVENTS
from vortex.testing import person
from vortex.testing.sockets import look


async def events(client: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [await said(client) for _ in range(count)]


async def close_code(client: ClientConnection, within: float = 5) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(client.recv(), within)
    return closed.value.rcvd.code if closed.value.rcvd else None


def unacceptable(server: Server, ticket: str, **named: Any) -> Any:
    async def attempt() -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(server, ticket, **named):
                pass
        return int(refused.value.response.status_code)

    return attempt()


async def test_it_says_where_the_stream_stands_and_then_what_happens(
    server: Server, ada: Principal
) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)
    push(ada.user_id, "sample.before", {})

    async with opened(server, ticket_of(ada)) as client:
        hello = await said(client)
        push(ada.user_id, "sample.happened", {"amount": "12.34"})
        event = await said(client)

    assert (hello["type"], hello["sequence"]) == ("hello", 1)
    assert (event["type"], event["sequence"]) == ("sample.happened", 2)
    assert event["data"] == {"amount": "12.34"}
    assert event["at"].startswith(str(now().year))


async def test_a_burst_of_three_hundred_arrives_whole_and_in_order(
    server: Server, ada: Principal
) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        sent = [push(ada.user_id, "sample.happened", number) for number in range(300)]
        received = await asyncio.wait_for(events(client, 300), 20)

    assert [event["sequence"] for event in received] == sent == list(range(1, 301))
    assert [event["data"] for event in received] == list(range(300))


async def test_news_that_is_pushed_together_keeps_its_order_for_everyone(
    server: Server, ada: Principal
) -> None:
    bob = person()
    async with opened(server, ticket_of(ada)) as hers, opened(server, ticket_of(bob)) as his:
        for client in (hers, his):
            await said(client)

        users = [ada.user_id, bob.user_id] * 50
        sequences = push_many(News(user, "sample.happened", n) for n, user in enumerate(users))

        assert sequences == [n // 2 + 1 for n in range(100)]
        assert [event["data"] for event in await events(hers, 50)] == list(range(0, 100, 2))
        assert [event["data"] for event in await events(his, 50)] == list(range(1, 100, 2))


async def test_every_socket_of_a_user_gets_every_event(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as phone, opened(server, ticket_of(ada)) as laptop:
        for client in (phone, laptop):
            await said(client)

        push(ada.user_id, "sample.happened", {})

        assert await said(phone) == await said(laptop)


async def test_nobody_gets_the_events_of_somebody_else(server: Server, ada: Principal) -> None:
    bob = person()
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        push(bob.user_id, "sample.secret", {})
        push(ada.user_id, "sample.own", {})

        assert (await said(client))["type"] == "sample.own"


async def test_a_ticket_works_once(server: Server, ada: Principal) -> None:
    ticket = ticket_of(ada)
    async with opened(server, ticket) as client:
        await said(client)

    assert await unacceptable(server, ticket) == 403


@pytest.mark.parametrize("ticket", ["", "x", "x" * 43, "x" * 5000, "%00", "%ff"])
async def test_what_is_no_ticket_opens_nothing(server: Server, ticket: str) -> None:
    assert await unacceptable(server, ticket) == 403


def test_a_ticket_dies_after_thirty_seconds_and_is_kept_as_a_digest(ada: Principal) -> None:
    before = set(valkey.client().keys("realtime:ticket:*"))
    ticket = ticket_of(ada)

    (kept,) = set(valkey.client().keys("realtime:ticket:*")) - before

    assert 0 < int(valkey.client().ttl(kept)) <= 30
    assert ticket.encode() not in kept


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost.evil.example", "file://", "http://["],
)
async def test_a_page_of_another_host_opens_nothing(
    server: Server, ada: Principal, origin: str
) -> None:
    assert await unacceptable(server, ticket_of(ada), origin=origin) == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "http://localhost:5173", None])
async def test_an_own_page_or_no_page_at_all_opens_the_socket(
    server: Server, ada: Principal, origin: str | None
) -> None:
    page = origin and origin.format(port=server.port)

    async with opened(server, ticket_of(ada), origin=page) as client:
        assert (await said(client))["type"] == "hello"


async def test_a_session_that_ended_before_the_ticket_was_used_opens_nothing(
    server: Server, ada: Principal
) -> None:
    ticket = ticket_of(ada)
    assert ada.session_id is not None
    revoke_session(ada.session_id, now() + timedelta(hours=1))

    assert await unacceptable(server, ticket) == 403


async def test_a_client_that_was_away_gets_what_it_missed(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        epoch = (await said(client))["epoch"]
    missed = [push(ada.user_id, "sample.happened", number) for number in range(150)]

    async with opened(server, ticket_of(ada)) as client:
        hello = await said(client)
        await say(client, type="resume", after=20, epoch=epoch)
        received = await events(client, 130)

    assert (hello["epoch"], hello["sequence"]) == (epoch, 150)
    assert [event["sequence"] for event in received] == missed[20:]


async def test_nothing_is_kept_for_somebody_who_has_not_listened(
    server: Server, ada: Principal
) -> None:
    assert push(ada.user_id, "sample.happened", {}) == 0
    assert not valkey.client().exists(*keys_of(ada))

    async with opened(server, ticket_of(ada)) as client:
        assert (await said(client))["sequence"] == 0
        assert 0 < valkey.client().ttl(keys_of(ada)[0]) <= 3600


async def test_what_is_no_longer_kept_is_said_to_be_lost(server: Server, ada: Principal) -> None:
    await look(ada.user_id)
    for number in range(KEPT_EVENTS + 200):
        push(ada.user_id, "sample.happened", number)

    async with opened(server, ticket_of(ada)) as client:
        hello = await said(client)
        await say(client, type="resume", after=3, epoch=hello["epoch"])
        answer = await said(client)
        push(ada.user_id, "sample.next", {})
        following = await said(client)

    assert answer == {**hello, "type": "resync_required"}
    assert following["sequence"] == hello["sequence"] + 1


@pytest.mark.parametrize("claim", [{"after": 99}, {"after": 1, "epoch": "of another life"}])
async def test_a_client_that_remembers_another_stream_is_told_so(
    server: Server, ada: Principal, claim: dict[str, Any]
) -> None:
    await look(ada.user_id)
    push(ada.user_id, "sample.happened", {})
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        await say(client, type="resume", **claim)

        assert (await said(client))["type"] == "resync_required"


async def test_a_stream_that_was_lost_behind_an_open_socket_is_said_to_be_lost(
    server: Server, ada: Principal
) -> None:
    await look(ada.user_id)
    for number in range(5):
        push(ada.user_id, "sample.happened", number)
    async with opened(server, ticket_of(ada)) as client:
        hello = await said(client)

        valkey.client().delete(*keys_of(ada))
        await look(ada.user_id)  # elsewhere
        for number in range(9):  # the new stream overtakes the old one before this socket looks
            push(ada.user_id, "sample.happened", number)
        answer = await said(client)

    assert answer["type"] == "resync_required"
    assert answer["epoch"] != hello["epoch"]


async def test_a_client_can_ask_whether_the_socket_lives(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        await say(client, type="ping")

        assert await said(client) == {"type": "pong"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type":"shout"}',
        '{"type":"resume"}',
        '{"type":"resume","after":-1}',
    ],
)
async def test_what_a_client_may_not_say_is_an_error_and_no_end(
    server: Server, ada: Principal, text: str
) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        await client.send(text)

        assert await said(client) == {"type": "error", "code": "malformed_frame"}
        await say(client, type="ping")
        assert await said(client) == {"type": "pong"}


async def test_bytes_are_an_error_too(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        await client.send(b'{"type":"ping"}')

        assert await said(client) == {"type": "error", "code": "malformed_frame"}


async def test_a_frame_beyond_ten_kilobytes_ends_the_socket(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        await client.send("x" * 10_241)

        assert await close_code(client) == 1009


async def test_a_client_that_shouts_is_shut_out(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        for _ in range(60):
            await say(client, type="ping")

        with pytest.raises(ConnectionClosed) as closed:
            await events(client, 61)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_the_end_of_a_session_ends_its_sockets_within_a_second(
    server: Server, ada: Principal
) -> None:
    assert ada.session_id is not None
    async with opened(server, ticket_of(ada)) as client:
        await said(client)
        started = time.monotonic()

        revoke_session(ada.session_id, now() + timedelta(hours=1))
        close_session(ada.session_id)

        assert await close_code(client) == 4401
        assert time.monotonic() - started < 1


async def test_the_end_of_another_session_of_the_same_user_ends_nothing(
    server: Server, ada: Principal
) -> None:
    other = person(user_id=ada.user_id)
    assert other.session_id is not None
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        revoke_session(other.session_id, now() + timedelta(hours=1))
        close_session(other.session_id)
        push(ada.user_id, "sample.happened", {})

        assert (await said(client))["type"] == "sample.happened"


async def test_everything_of_a_user_can_be_ended_at_once(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        revoke_user(ada.user_id, now())
        check_user(ada.user_id)

        assert await close_code(client) == 4401


async def test_a_socket_ends_when_its_token_expires(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada, seconds=0.5)) as client:
        await said(client)

        assert await close_code(client) == 4408


async def test_a_silent_socket_stays_open(server: Server, ada: Principal) -> None:
    async with opened(server, ticket_of(ada)) as client:
        await said(client)

        with pytest.raises(TimeoutError):  # redis-py would give up on a quiet channel after five
            await asyncio.wait_for(client.recv(), 6.5)
        push(ada.user_id, "sample.happened", {})

        assert (await asyncio.wait_for(said(client), 2))["type"] == "sample.happened"


async def test_a_server_that_shuts_down_says_come_back(ada: Principal) -> None:
    with serving() as leaving:
        async with opened(leaving, ticket_of(ada)) as client:
            await said(client)

            await asyncio.to_thread(leaving.stop)

            assert await close_code(client) == 1012
