"""A write of somebody is put aside for the stand-by as it was, without what proves who they are."""

import asyncio
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from vortex.http.forwarding import Forwarder
from vortex.http.rehearsed import ALONE, MOST_BYTES
from vortex.http.replaying import answer
from vortex.identity.tokens import verify_signature
from vortex.topology.rehearsed import Asked, Seen
from vortex.topology.routes import Route, Topology, forget, replace_file

pytestmark = pytest.mark.servers

ID = "0193f3a1-0000-7000-8000-000000000001"
NOBODY = "http://127.0.0.1:1"


class Desk:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.left_out: list[str] = []

    @contextmanager
    def watched(self, context: str) -> Iterator[str]:
        yield f"watched {context}"

    def put(self, context: str, seen: Seen, watched: Any) -> None:
        assert (context, watched) == ("payments", "watched payments")
        self.seen.append(seen)

    def leave_out(self, context: str, why: str) -> None:
        assert context == "payments"
        self.left_out.append(why)


class Bank:
    """An application that answers everything alike."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status, self.body = status, body
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.scope: MutableMapping[str, Any] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.scope = scope
        await receive()
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


@pytest.fixture
def shadowed(settings: Any, tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "topology.json"
    settings.VORTEX_TOPOLOGY_FILE = str(path)

    def share(percent: int) -> None:
        replace_file(path, Topology({"payments": Route("shadow", NOBODY, percent)}))
        forget()

    share(100)
    yield share
    forget()


@pytest.fixture
def token(issuer: Any, somebody: Any) -> dict[str, str]:
    raw = issuer.token(somebody)
    verify_signature(raw)  # as whoever answers does
    return {"Authorization": f"Bearer {raw}"}


def ask(
    desk: Any,
    headers: dict[str, str],
    *,
    method: str = "POST",
    sent: Any = None,
    said: Any = None,
    status: int = 201,
    **named: str,
) -> Bank:
    """Ask a bank through its door, and wait until the copies of it are sent."""
    body = said if isinstance(said, bytes) else msgspec.json.encode(said or {"id": 7})
    bank = Bank(status, body, named)

    async def through() -> None:
        door = Forwarder(bank, desk=desk)
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
            content = sent if isinstance(sent, bytes) else msgspec.json.encode(sent or {"a": 1})
            address = f"/api/payments/{ID}/notes?x=1"
            found = await client.request(method, address, content=content, headers=headers)
            assert found.status_code == status
        await door.close()

    asyncio.run(through())
    return bank


def test_a_write_is_put_aside_without_what_proves_who_sent_it(shadowed, token, somebody):
    desk = Desk()
    bank = ask(desk, token | {"Idempotency-Key": "k1", "X-Client": "app"}, location="/there")

    assert desk.left_out == []
    [seen] = desk.seen
    named = {name.decode(): value.decode() for name, value in bank.scope["headers"]}
    assert seen.operation == "POST /api/payments/*/notes"
    assert (seen.key, seen.actor.user_id) == ("k1", somebody.user_id)
    assert (seen.answered.status, seen.answered.body) == (201, {"id": 7})
    assert seen.answered.location == "/there"
    assert seen.asked.target == f"/api/payments/{ID}/notes?x=1"
    assert seen.asked.body == b'{"a":1}'
    assert ("x-client", "app") in seen.asked.headers
    assert token["Authorization"].split()[1] not in str(msgspec.to_builtins(seen))
    assert bank.scope[ALONE], "no lane serves it together with others"
    assert (named["x-request-id"], named["traceparent"]) == (seen.request_id, seen.traceparent)


def test_reads_and_strangers_and_the_rest_of_the_people_are_left_alone(shadowed, token):
    desk = Desk()
    ask(desk, token, method="GET")
    ask(desk, {})
    shadowed(0)
    bank = ask(desk, token)

    assert (desk.seen, desk.left_out) == ([], [])
    assert ALONE not in bank.scope


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sent": {"new": [{"password": "secret"}]}}, "it carries a credential"),
        ({"said": {"access": "secret"}}, "it carries a credential (the answer)"),
        ({"sent": b"--boundary"}, "it is no JSON"),
        ({"said": b"%PDF"}, "it is no JSON (the answer)"),
        ({"sent": {"text": "x" * MOST_BYTES}}, "it is too long"),
        ({"said": {"text": "x" * MOST_BYTES}}, "it is too long (the answer)"),
    ],
)
def test_what_may_not_or_cannot_be_kept_is_counted_with_the_reason(shadowed, token, changes, why):
    desk = Desk()
    ask(desk, token, **changes)

    assert (desk.seen, desk.left_out) == ([], [why])


def test_a_header_that_opens_a_door_is_not_kept(shadowed, token):
    desk = Desk()
    ask(desk, token | {"X-Step-Up-Token": "secret"})

    assert (desk.seen, desk.left_out) == ([], ["it carries a credential"])


@pytest.mark.parametrize(
    "answered",
    [
        {"status": 500},
        {"status": 429},
        {"status": 409, "said": {"code": "request_in_progress"}},
        {"idempotency-replayed": "true"},
    ],
)
def test_answers_of_the_moment_say_nothing(shadowed, token, answered):
    desk = Desk()
    ask(desk, token, **answered)

    assert (desk.seen, desk.left_out) == ([], [])


def test_nobody_is_hurt_by_a_desk_that_breaks(shadowed, token):
    class Broken(Desk):
        def put(self, context: str, seen: Seen, watched: Any) -> None:
            raise RuntimeError

    ask(Broken(), token)


def test_a_request_is_answered_once_more_for_whom_it_was_and_spends_nothing(settings, somebody):
    settings.VORTEX_RATE_LIMITS = {"caller": (1, 600, "closed"), "test": (1, 600, "closed")}
    asked = Asked("GET", "/api/test/limited", [], b"", "203.0.113.9")
    who = Asked("GET", "/api/test/whoami", [("host", "testserver")], b"", "203.0.113.9")
    pay = Asked("POST", "/api/test/pay", [("content-type", "application/json")], b"{}", "")

    assert [answer(asked, somebody).status for _ in range(3)] == [200] * 3
    assert answer(who, somebody).body["user"] == str(somebody.user_id)
    refused = answer(pay, somebody)
    assert (refused.status, refused.body["code"]) == (422, "validation_failed")
