"""Crowds at the door: who is slow, silent or gone keeps nobody else from paying."""

import asyncio
from typing import Any, Final

import msgspec
import pytest

from apps.transactions.models import Account
from apps.transactions.tests.lane_site import Payer, Site, site
from vortex import valkey
from vortex.db import alias_of
from vortex.identity import Revoked, remember
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

# Both ends of each are in this process, so half of what it may open.
CROWD: Final = 2_000
SLOW: Final = 64  # four times as many as there are threads for requests


@pytest.fixture
def doors(settings):
    valkey.client().flushdb()
    remember(Revoked())
    with site(settings) as opened:
        yield opened


def written(payer: Payer) -> bytes:
    """Return a transfer as it is on the wire."""
    request = payer.request()
    body = msgspec.json.encode(request["json"])
    headers = {"Host": "testserver", **request["headers"], "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /api/transactions HTTP/1.1\r\n{head}\r\n".encode() + body


async def opened(port: int, first: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    return writer


async def pays(port: int, payer: Payer) -> int:
    """Pay over a connection of its own; return the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(written(payer))
    status = (await reader.readline()).split()[1]
    writer.close()
    return int(status)


def balance(payer: Payer) -> int:
    return int(Account.objects.get(pk=payer.source).booked_minor)


def test_thousands_of_silent_and_half_sent_requests_keep_nobody_from_paying(doors: Site) -> None:
    payer, half = Payer(), Payer()
    beginnings = [b"", b"POST /api/tr", written(half)[:-20], written(half)[:-1]]

    async def crowd() -> list[int]:
        async with doors.wire() as port:
            writers: list[asyncio.StreamWriter] = []
            for start in range(0, CROWD, 100):
                writers += await asyncio.gather(
                    *(opened(port, beginnings[n % 4]) for n in range(start, start + 100))
                )
            statuses = await asyncio.gather(*(pays(port, payer) for _ in range(20)))
            for writer in writers:
                writer.transport.abort()
            return list(statuses)

    statuses = asyncio.run(crowd())

    assert statuses == [201] * 20
    assert balance(payer) == 10_000 - 2_000
    assert balance(half) == 10_000


def test_slow_senders_of_batches_hold_no_thread_that_others_need(doors: Site) -> None:
    payer = Payer()
    quick = {"url": f"/api/transactions/{new_id()}", "headers": payer.request()["headers"]}

    async def slow() -> tuple[int, int]:
        async with doors.wire() as port:
            head = (
                written(payer).split(b"\r\n\r\n")[0].replace(b"transactions", b"transactions/bulk")
            )
            beginning = head + b"\r\nX-Surprise: 1\r\n\r\n" + b'{"items": ['
            writers = [await opened(port, beginning) for _ in range(SLOW)]
            async with doors.wire_client() as client:
                reads: Any = await client.get(**quick)
            paid = await pays(port, payer)
            for writer in writers:
                writer.transport.abort()
            return reads.status_code, paid

    assert asyncio.run(slow()) == (404, 201)
    assert balance(payer) == 10_000 - 100
