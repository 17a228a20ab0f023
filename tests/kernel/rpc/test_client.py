"""The caller's end waits no longer than it may, tries again sparingly and promises nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY

from tests.kernel.rpc.peers import drips, hangs_up, peer, says, waits_for
from tests.kernel.sample import Ordered, OutOfStock, Seen, Shelf, Warehouse
from vortex.contracts import Operation, operations
from vortex.db.work import DeadlineExceeded
from vortex.errors import Refusal, Unavailable
from vortex.ids import new_id
from vortex.rpc import wire
from vortex.rpc.breaker import FAILURES_TO_OPEN, CircuitOpen
from vortex.rpc.client import CalleeBusy, RemoteTransport
from vortex.telemetry import context as request
from vortex.testing import person
from vortex.topology import OperationKilled

ORDER, STOCK, SEEN = operations(Warehouse)
THREE = says(200, b"3")

Connect = Callable[[str], RemoteTransport]


def ask(transport: RemoteTransport, operation: Operation = STOCK, **arguments: Any) -> Any:
    """Make one call; without arguments, ask for tins."""
    given = arguments or ({"item": "tin"} if operation is STOCK else {})
    return transport.call(operation, operation.arguments(**given), caller="payments")


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return what makes transports, which are closed after the test."""
    with ExitStack() as open_transports:
        yield lambda url: open_transports.enter_context(closing(RemoteTransport(url)))


def unavailable(status: int, refusal: Refusal) -> Any:
    """Return the reply that refuses with a status."""
    return says(status, msgspec.json.encode(wire.problem(refusal, status)), wire.PROBLEM)


def test_a_call_over_a_real_connection_is_answered(
    connect: Connect, shelf: Shelf, django_url: str
) -> None:
    order_id = new_id()

    ordered = ask(connect(django_url), ORDER, order_id=order_id, items=("tin",))

    assert ordered == Ordered(order_id=order_id, items=("tin",))
    assert shelf.counts == {"tin": 2}


def test_a_refusal_is_rebuilt_with_its_facts(
    connect: Connect, shelf: Shelf, django_url: str
) -> None:
    with pytest.raises(OutOfStock) as refused:
        ask(connect(django_url), ORDER, order_id=new_id(), items=("hammer",))

    assert (refused.value.detail, refused.value.facts) == (
        "no hammer",
        {"item": "hammer", "left": 0},
    )


def test_who_asks_and_why_travels_with_the_call(
    connect: Connect, shelf: Shelf, django_url: str
) -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    actor = person()

    with request.use(actor=actor, request_id="r-7", traceparent=trace, causation_id="c-7"):
        seen: Seen = ask(connect(django_url), SEEN)

    assert (seen.actor_id, seen.request_id) == (actor.user_id, "r-7")
    assert (seen.traceparent, seen.causation_id) == (trace, "c-7")


def test_the_callee_gets_what_is_left_of_the_callers_time(
    connect: Connect, shelf: Shelf, django_url: str
) -> None:
    transport = connect(django_url)
    ask(transport, SEEN)  # the connection stands

    with request.use(deadline=request.deadline_in(900)):
        seen: Seen = ask(transport, SEEN)

    assert 300 < seen.remaining_ms < 900


def test_a_caller_without_time_sends_nothing(connect: Connect) -> None:
    with (
        peer(THREE) as callee,
        request.use(deadline=request.deadline_in(0)),
        pytest.raises(DeadlineExceeded),
    ):
        ask(connect(callee.url))

    assert callee.requests == []


def test_a_command_names_its_key_on_every_attempt(connect: Connect) -> None:
    order_id = new_id()
    answer = msgspec.json.encode(Ordered(order_id=order_id, items=()))

    with peer(says(503), says(200, answer)) as callee:
        ask(connect(callee.url), ORDER, order_id=order_id, items=())

    assert [sent[wire.KEY_HEADER] for sent in callee.requests] == [str(order_id)] * 2
    assert len({sent["Authorization"] for sent in callee.requests}) == 2  # each attempt is signed


def test_a_callee_that_is_not_there_yet_is_tried_again(connect: Connect) -> None:
    with peer(says(503), unavailable(503, Unavailable("starting")), THREE) as callee:
        assert ask(connect(callee.url)) == 3

    assert len(callee.requests) == 3


def test_nobody_listening_is_unavailable_and_was_tried_three_times(connect: Connect) -> None:
    before = _retries()

    with pytest.raises(Unavailable, match="ConnectError"):
        ask(connect(f"http://127.0.0.1:{_free_port()}"))

    assert _retries() - before == 2


@pytest.mark.parametrize(
    "reply",
    [
        says(500),
        says(502),
        says(504),
        says(400),
        says(401),
        says(404),
        says(200, b'"three"'),
        says(200, b"", "text/html"),
        says(422, b"{}", wire.PROBLEM),
        says(302),
        unavailable(503, OperationKilled()),
        unavailable(503, DeadlineExceeded()),
        hangs_up,
    ],
)
def test_what_may_have_been_done_or_will_not_change_is_not_tried_again(
    connect: Connect, reply: Any
) -> None:
    with peer(reply) as callee, pytest.raises(Unavailable):
        ask(connect(callee.url))

    assert len(callee.requests) == 1


def test_a_switched_off_operation_says_so_to_its_caller(connect: Connect) -> None:
    with peer(unavailable(503, OperationKilled())) as callee, pytest.raises(OperationKilled):
        ask(connect(callee.url))


def test_a_refusal_that_is_not_known_here_promises_nothing(connect: Connect) -> None:
    body = b'{"type":"","title":"","status":422,"detail":"?","code":"from_the_future"}'

    with peer(says(422, body, wire.PROBLEM)) as callee, pytest.raises(Unavailable, match="future"):
        ask(connect(callee.url))


@pytest.mark.parametrize("reply", ["silence", "drips"])
def test_a_slow_callee_is_waited_for_no_longer_than_the_deadline(
    connect: Connect, reply: str
) -> None:
    over = threading.Event()
    script = drips if reply == "drips" else waits_for(over, THREE)
    started = time.monotonic()

    with peer(script) as callee, pytest.raises(Unavailable):
        ask(connect(callee.url))

    assert 0.4 < time.monotonic() - started < 2
    over.set()


def test_retries_stop_when_the_budget_is_spent(connect: Connect) -> None:
    with peer(says(503)) as callee:
        transport = connect(callee.url)
        for operation in (
            STOCK,
            SEEN,
        ) * 2:  # two breakers, so that neither of them hides the budget
            with pytest.raises(Unavailable):
                ask(transport, operation)
        spent = len(callee.requests)
        transport._budget._balance = 0
        transport._breakers.clear()
        with pytest.raises(Unavailable):
            ask(transport)

    assert len(callee.requests) == spent + 1


def test_a_callee_that_keeps_failing_is_left_alone_and_found_again(connect: Connect) -> None:
    replies = [says(500)] * FAILURES_TO_OPEN
    with peer(*replies, THREE) as callee:
        transport = connect(callee.url)
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(Unavailable):
                ask(transport)

        with pytest.raises(CircuitOpen):
            ask(transport)
        assert len(callee.requests) == FAILURES_TO_OPEN

        _let_rest(transport)
        assert ask(transport) == 3
        assert ask(transport) == 3


def test_one_operation_that_fails_leaves_the_others_alone(connect: Connect) -> None:
    replies = [says(500)] * FAILURES_TO_OPEN
    seen = says(200, msgspec.json.encode(_nothing_seen()))
    with peer(*replies, seen) as callee:
        transport = connect(callee.url)
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(Unavailable):
                ask(transport)

        assert ask(transport, SEEN) == _nothing_seen()


def test_a_slow_callee_takes_no_more_threads_than_its_share(
    connect: Connect, settings: Any
) -> None:
    settings.VORTEX_RPC_CALLS_PER_CALLEE = 2
    answered = threading.Event()
    seen = says(200, msgspec.json.encode(_nothing_seen()))

    with peer(waits_for(answered, seen)) as callee, ThreadPoolExecutor(3) as callers:
        transport = connect(callee.url)
        waiting = [callers.submit(ask, transport, SEEN) for _ in range(2)]
        while len(callee.requests) < 2:
            threading.Event().wait(0.005)
        refused = callers.submit(ask, transport, SEEN).exception(timeout=10)
        answered.set()
        answers = [future.result(timeout=10) for future in waiting]

    assert isinstance(refused, CalleeBusy)
    assert answers == [_nothing_seen()] * 2


def test_calls_to_one_operation_run_at_the_same_time(connect: Connect) -> None:
    together = threading.Barrier(4, timeout=10)

    def reply(handler: Any) -> None:
        together.wait()  # passes only when four calls are in the callee at once
        THREE(handler)

    with peer(reply) as callee, ThreadPoolExecutor(4) as callers:
        transport = connect(callee.url)
        asked = [callers.submit(ask, transport) for _ in range(4)]

        assert [future.result(timeout=10) for future in asked] == [3] * 4


def _retries() -> float:
    counted = REGISTRY.get_sample_value("vortex_rpc_retries_total", {"operation": STOCK.path})
    return counted or 0


def _nothing_seen() -> Seen:
    return Seen(actor_id=None, request_id="", traceparent="", causation_id="", remaining_ms=0)


def _let_rest(transport: RemoteTransport) -> None:
    """Make the circuit believe that it opened long ago."""
    storage = transport._breakers[STOCK]._storage
    storage.opened_at = datetime(2020, 1, 1, tzinfo=UTC)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
