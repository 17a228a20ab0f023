"""A request for a context that has moved reaches its new owner, and its sender notices nothing."""

import asyncio
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from vortex.http.carrying import Carrier, Parcel
from vortex.http.forwarding import MOST_HOPS, Forwarder, context_of
from vortex.topology.routes import Route, Topology, forget, replace_file

pytestmark = pytest.mark.servers


class Place:
    """A deployment: it answers with its name, or says that the data have moved."""

    def __init__(self, name: str, *, owns: bool = True) -> None:
        self.name = name
        self.owns = owns
        self.reached = asyncio.Event()
        self.asked: list[tuple[str, str, bytes, dict[bytes, bytes]]] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        path = scope["path"] + "?" + scope["query_string"].decode()
        self.asked.append((scope["method"], path, body, dict(scope["headers"])))
        self.reached.set()
        headers = [] if self.owns else [(b"x-context-moved", b"payments")]
        status = 200 if self.owns else 503
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self.name.encode()})


@pytest.fixture
def topology(settings: Any, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "topology.json"
    settings.VORTEX_TOPOLOGY_FILE = str(path)
    forget()
    yield path
    forget()


@contextmanager
def served(place: Place) -> Iterator[str]:
    """Serve a place over a wire and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {k.lower().encode(): v.encode() for k, v in self.headers.items()}
            place.asked.append((self.command, self.path, body, headers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(place.name)))
            self.end_headers()
            self.wfile.write(place.name.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def ask(application: Any, path: str, method: str = "POST", **more: Any) -> httpx.Response:
    """Ask a place through a door of its own, or through one that stands."""
    door = application if isinstance(application, Forwarder) else Forwarder(application)
    transport = httpx.ASGITransport(door, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
        try:
            return await client.request(method, path, **more)
        finally:
            if door is not application:
                await door.close()


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("/api/payments", "payments"),
        ("/api/v1/payments/7", "payments"),
        ("/rpc/payments/v1/Payments.pay", "payments"),
        ("/.well-known/jwks.json", "auth"),
        ("/api/paymentsx", None),
        ("/api/schema", None),
        ("/health/ready", None),
        ("/", None),
    ],
)
def test_an_address_belongs_to_a_context_or_to_none(path: str, context: str | None) -> None:
    assert context_of(path) == context


async def test_what_has_moved_is_asked_there_whole(topology: Path) -> None:
    here, there = Place("here"), Place("there")
    with served(there) as url:
        replace_file(topology, Topology({"payments": Route("remote", url)}))

        answer = await ask(
            Forwarder(here),
            "/api/payments/7?x=%2F",
            content=b"whole",
            headers={"X-Request-Id": "a" * 8},
        )

    assert (answer.status_code, answer.text) == (200, "there")
    assert here.asked == []
    method, path, body, headers = there.asked[0]
    assert (method, path, body) == ("POST", "/api/payments/7?x=%2F", b"whole")
    assert headers[b"x-request-id"] == b"a" * 8
    assert headers[b"x-forwarded-for"] == b"203.0.113.9"
    assert headers[b"x-vortex-hops"] == b"1"


async def test_a_request_that_meets_the_fence_waits_and_goes_to_the_new_owner(
    topology: Path,
) -> None:
    here, there = Place("here", owns=False), Place("there")
    with served(there) as url:
        waiting = asyncio.create_task(
            ask(here, "/api/payments", content=b"once", headers={"Idempotency-Key": "k"})
        )
        await here.reached.wait()
        replace_file(topology, Topology({"payments": Route("remote", url)}))

        answer = await waiting

    assert (answer.status_code, answer.text) == (200, "there")
    assert there.asked[0][2] == b"once"
    assert there.asked[0][3][b"idempotency-key"] == b"k"


async def test_a_request_is_answered_here_after_all_where_the_move_is_given_up(
    topology: Path,
) -> None:
    del topology
    here = Place("here", owns=False)
    waiting = asyncio.create_task(ask(here, "/api/payments", content=b"once"))
    await here.reached.wait()

    here.owns = True
    answer = await waiting

    assert (answer.status_code, answer.text) == (200, "here")
    assert [body for _, _, body, _ in here.asked] == [b"once", b"once"]


async def test_a_request_that_nobody_takes_over_is_told_so_at_its_deadline(topology: Path) -> None:
    del topology
    here = Place("here", owns=False)

    answer = await ask(here, "/api/payments", headers={"X-Deadline-Ms": "50"})

    assert answer.status_code == 503
    assert len(here.asked) == 1


async def test_two_that_point_at_each_other_stop(topology: Path) -> None:
    replace_file(topology, Topology({"payments": Route("remote", "http://127.0.0.1:1")}))

    exhausted = {"X-Vortex-Hops": str(MOST_HOPS)}

    answer = await ask(Place("here"), "/api/payments", headers=exhausted)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_service_that_is_away_is_asked_again_until_the_deadline(topology: Path) -> None:
    replace_file(topology, Topology({"payments": Route("remote", "http://127.0.0.1:1")}))

    answer = await ask(Place("here"), "/api/payments", headers={"X-Deadline-Ms": "300"})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_mirrored_copy_is_answered_where_it_arrives(topology: Path) -> None:
    """Handed on, the copy would race with its original under the same key."""
    replace_file(topology, Topology({"payments": Route("remote", "http://127.0.0.1:1")}))
    here = Place("here")

    answer = await ask(here, "/api/payments", headers={"X-Vortex-Mirrored": "1"})

    assert (answer.status_code, len(here.asked)) == (200, 1)


async def test_what_is_asked_of_a_stand_by_is_answered_by_it(topology: Path) -> None:
    """Its topology says that another deployment owns the data: handed on, it would come back."""
    replace_file(topology, Topology({"payments": Route("remote", "http://127.0.0.1:1")}))
    here = Place("here")

    answer = await ask(here, "/api/payments", "GET", headers={"X-Vortex-Aside": "1"})

    assert (answer.status_code, len(here.asked)) == (200, 1)


async def test_a_request_whose_context_comes_home_while_its_service_is_away_is_answered_here(
    topology: Path,
) -> None:
    class Dead(Carrier):
        async def carry(self, url: str, sent: Parcel, send: Any, seconds: float) -> None:
            replace_file(topology, Topology())
            forget()
            raise httpcore.ConnectError

    replace_file(topology, Topology({"payments": Route("remote", "http://127.0.0.1:1")}))

    answer = await ask(Forwarder(Place("here"), Dead()), "/api/payments")

    assert (answer.status_code, answer.text) == (200, "here")


class Nearby(Carrier):
    """Answers as the other deployment would, without a wire."""

    async def carry(self, url: str, sent: Parcel, send: Any, seconds: float) -> None:
        del sent, seconds
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": url.removeprefix("http://").encode()})


async def test_a_share_of_the_reads_leaves_and_no_write_does(topology: Path) -> None:
    import jwt

    from vortex.ids import new_id

    here = Place("here")
    tokens = [jwt.encode({"sub": str(new_id())}, "k" * 32, algorithm="HS256") for _ in range(60)]
    replace_file(topology, Topology({"payments": Route("split", "http://there", 50)}))
    door = Forwarder(here, Nearby())

    read = [
        (await ask(door, "/api/payments", "GET", headers={"Authorization": f"Bearer {t}"})).text
        for t in [*tokens, *tokens]
    ]
    wrote = {
        (await ask(door, "/api/payments", headers={"Authorization": f"Bearer {t}"})).text
        for t in tokens
    }
    after = {
        (await ask(door, "/api/payments", "GET", headers={"Authorization": f"Bearer {t}"})).text
        for t in tokens
    }

    assert read[:60] == read[60:], "a person stays on their side"
    assert 10 <= read[:60].count("there") <= 50
    assert wrote == {"here"}
    assert after == {"here"}, "who has just written reads from the owner"


def token_of(person: object) -> dict[str, str]:
    import jwt

    return {"Authorization": f"Bearer {jwt.encode({'sub': str(person)}, 'k' * 32)}"}


async def test_a_stand_by_answers_the_reads_that_reach_it_and_hands_on_the_rest(
    topology: Path,
) -> None:
    from vortex.ids import new_id

    writer, reader = token_of(new_id()), token_of(new_id())
    replace_file(topology, Topology({"payments": Route("reads", "http://there")}))
    door = Forwarder(Place("here"), Nearby())

    read = await ask(door, "/api/payments", "GET", headers=reader)
    wrote = await ask(door, "/api/payments", headers=writer)
    own = await ask(door, "/api/payments", "GET", headers=writer)
    others = await ask(door, "/api/payments", "GET", headers=reader)
    nobody = await ask(door, "/api/payments", "GET")

    assert (read.text, wrote.text) == ("here", "there")
    assert own.text == "there", "who has just written reads from the owner"
    assert (others.text, nobody.text) == ("here", "here")


async def test_who_has_written_through_one_door_reads_from_the_owner_through_another(
    topology: Path,
) -> None:
    """The stand-by has never seen the write: a gateway in front sent it to the owner's door."""
    from vortex.ids import new_id

    writer = token_of(new_id())
    replace_file(topology, Topology({"payments": Route("split", "http://there", 0)}))
    await ask(Forwarder(Place("here"), Nearby()), "/api/payments", headers=writer)

    replace_file(topology, Topology({"payments": Route("reads", "http://owner")}))
    forget()
    answered = await ask(Forwarder(Place("here"), Nearby()), "/api/payments", "GET", headers=writer)

    assert answered.text == "owner"


async def test_where_it_cannot_be_asked_who_has_written_the_owner_answers(
    topology: Path, settings: Any
) -> None:
    from vortex.ids import new_id

    settings.VORTEX_CACHE_URL = "redis://127.0.0.1:1/0"
    replace_file(topology, Topology({"payments": Route("reads", "http://owner")}))

    answered = await ask(
        Forwarder(Place("here"), Nearby()), "/api/payments", "GET", headers=token_of(new_id())
    )

    assert answered.text == "owner"
