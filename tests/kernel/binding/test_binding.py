"""A call is the same wherever it runs: by value, declared, counted, never in a transaction."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from prometheus_client import REGISTRY

from tests.kernel.sample import NoSuchItem, Ordered, OutOfStock, Seen, Shelf, Warehouse
from vortex.binding import CallRefusedHere, OperationKilled, bind
from vortex.binding.proxy import _context_of
from vortex.binding.routing import goes_away
from vortex.contracts import Operation, UndeclaredRefusalError, operations
from vortex.db import CallInsideTransactionError, Moved, unit_of_work
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.telemetry import context as request
from vortex.testing import person, stub
from vortex.testing.topology import routed
from vortex.topology import Route
from vortex.topology.routes import Topology, write_topology

ORDER, STOCK, SEEN = operations(Warehouse)


class Echo:
    """A transport that answers every call with where it was sent and by whom."""

    calls: list[tuple[str, str, str]] = []

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, operation: Operation, arguments: msgspec.Struct, *, caller: str) -> Any:
        self.calls.append((self._url, operation.path, caller))
        return 42


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    served = Shelf(tin=3)
    with stub(Warehouse, served):
        yield served


@pytest.fixture
def echo(settings: Any) -> Iterator[list[tuple[str, str, str]]]:
    settings.VORTEX_TRANSPORTS = dict.fromkeys(("remote", "aside"), f"{__name__}.Echo")
    Echo.calls = []
    yield Echo.calls


def test_a_local_call_is_answered_by_a_copy(shelf: Shelf) -> None:
    order_id = new_id()

    ordered = bind(Warehouse).order(order_id=order_id, items=("tin",))

    assert ordered == shelf.orders[order_id]
    assert ordered is not shelf.orders[order_id]


def test_what_would_not_travel_does_not_pass_locally_either(shelf: Shelf) -> None:
    with pytest.raises(msgspec.ValidationError):
        bind(Warehouse).order(order_id="not an id", items=("tin",))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        bind(Warehouse).stock(item=object())  # type: ignore[arg-type]

    assert shelf.calls == 0


def test_an_answer_that_the_contract_does_not_allow_does_not_pass(shelf: Shelf) -> None:
    shelf.counts["tin"] = "many"  # type: ignore[assignment]

    with pytest.raises(msgspec.ValidationError):
        bind(Warehouse).stock(item="tin")


def test_a_refusal_is_rebuilt_without_the_implementations_own_exception(shelf: Shelf) -> None:
    with pytest.raises(OutOfStock) as refused:
        bind(Warehouse).order(order_id=new_id(), items=("hammer",))

    assert refused.value.facts == {"item": "hammer", "left": 0}
    assert refused.value.__cause__ is None


def test_a_refusal_that_is_not_declared_is_a_bug(shelf: Shelf) -> None:
    with pytest.raises(UndeclaredRefusalError) as raised:
        bind(Warehouse).stock(item="hammer")

    assert isinstance(raised.value.__cause__, NoSuchItem)


def test_a_callee_may_always_be_unavailable(shelf: Shelf) -> None:
    def fail() -> None:
        raise Unavailable("the disk is gone")

    shelf.before = fail

    with pytest.raises(Unavailable, match="disk"):
        bind(Warehouse).stock(item="tin")


def test_a_call_runs_within_its_own_deadline_and_its_callers(shelf: Shelf) -> None:
    seen = bind(Warehouse).seen()
    with request.use(deadline=request.deadline_in(300)):
        hurried = bind(Warehouse).seen()

    assert 4000 < seen.remaining_ms <= 5000
    assert 100 < hurried.remaining_ms <= 300


@pytest.mark.django_db(transaction=True, databases=["accounts"])
def test_a_call_with_a_transaction_open_is_refused(shelf: Shelf) -> None:
    with (
        unit_of_work("accounts"),
        pytest.raises(CallInsideTransactionError, match="transaction open"),
    ):
        bind(Warehouse).stock(item="tin")

    assert shelf.calls == 0


@pytest.mark.django_db(transaction=True, databases=["accounts"])
def test_in_production_a_call_with_a_transaction_open_is_counted(
    shelf: Shelf, settings: Any
) -> None:
    settings.VORTEX_STRICT = False
    before = _counted("vortex_calls_inside_transaction_total", operation=STOCK.path)

    with unit_of_work("accounts"):
        assert bind(Warehouse).stock(item="tin") == 3

    assert _counted("vortex_calls_inside_transaction_total", operation=STOCK.path) == before + 1


def test_an_operation_that_is_switched_off_refuses_and_the_others_go_on(shelf: Shelf) -> None:
    with routed({}, killed=(ORDER.path,)):
        with pytest.raises(OperationKilled) as refused:
            bind(Warehouse).order(order_id=new_id(), items=("tin",))

        assert bind(Warehouse).stock(item="tin") == 3
    assert refused.value.facts == {"operation": "sample.Warehouse.order"}


def test_an_interface_that_nobody_serves_refuses() -> None:
    with pytest.raises(CallRefusedHere):
        bind(Warehouse).stock(item="tin")


def test_each_call_goes_where_the_topology_says_at_that_moment(shelf: Shelf, echo: Any) -> None:
    warehouse = bind(Warehouse)

    assert warehouse.stock(item="tin") == 3
    with routed({"sample": Route("remote", "http://sample:3011")}):
        assert warehouse.stock(item="tin") == 42
    assert warehouse.stock(item="tin") == 3

    assert echo == [("http://sample:3011", "sample.Warehouse.stock", "vortex")]


@pytest.mark.parametrize(("mode", "carrier"), [("shadow", "aside"), ("remote", "remote")])
def test_a_mode_that_nobody_carries_refuses_and_runs_nowhere(
    shelf: Shelf, settings: Any, mode: Any, carrier: str
) -> None:
    settings.VORTEX_TRANSPORTS = {}

    with (
        routed({"sample": Route(mode, "http://sample:3011")}),
        pytest.raises(CallRefusedHere, match=carrier),
    ):
        bind(Warehouse).stock(item="tin")

    assert shelf.calls == 0


@pytest.mark.parametrize(
    ("module", "caller"),
    [
        ("apps.payments.services", "payments"),
        ("apps.auth", "auth"),
        ("config.jwks", "vortex"),
        ("apps", "vortex"),
    ],
)
def test_the_module_that_binds_is_the_caller(module: str, caller: str) -> None:
    assert _context_of(module) == caller


@pytest.mark.parametrize("percent", [0, 10, 50, 100])
def test_a_split_sends_its_share_away(percent: int) -> None:
    route = Route("split", "http://sample:3011", percent)
    sent = 0

    for _ in range(2000):
        with request.use(actor=person()):
            sent += goes_away(route, STOCK, STOCK.arguments(item="tin"))

    assert abs(sent - 20 * percent) <= (0 if percent in {0, 100} else 90)


def test_a_split_sticks_to_the_person_and_then_to_the_key() -> None:
    route = Route("split", "http://sample:3011", 50)
    key, actor = new_id(), person()

    def away(item: str, order_id: UUID = key) -> bool:
        return goes_away(route, ORDER, ORDER.arguments(order_id=order_id, items=(item,)))

    by_key = {away(str(number)) for number in range(20)}
    with request.use(actor=actor):
        by_person = {away("tin", new_id()) for _ in range(20)}
    by_nothing = {away("tin", new_id()) for _ in range(200)}

    assert (len(by_key), len(by_person), len(by_nothing)) == (1, 1, 2)


def test_a_split_answers_from_both_places(shelf: Shelf, echo: Any) -> None:
    with routed({"sample": Route("split", "http://sample:3011", 50)}):
        answers = set()
        for _ in range(100):
            with request.use(actor=person()):
                answers.add(bind(Warehouse).stock(item="tin"))

    assert answers == {3, 42}


def test_a_call_follows_a_context_that_moves_away_and_its_caller_sees_no_error(
    shelf: Shelf, echo: Any
) -> None:
    fenced = threading.Event()

    def moved() -> None:
        fenced.set()
        raise Moved

    def open_elsewhere() -> None:
        fenced.wait(5)
        write_topology(Topology({"sample": Route("remote", "http://sample:3011")}))

    shelf.before = moved
    mover = threading.Thread(target=open_elsewhere)
    with routed({"sample": Route("local")}):
        mover.start()
        answer = bind(Warehouse).stock(item="tin")
        mover.join()

    assert (answer, shelf.calls, len(echo)) == (42, 1, 1)


def test_a_call_is_answered_here_after_all_where_the_move_is_given_up(shelf: Shelf) -> None:
    fenced: list[bool] = []

    def moved_once() -> None:
        if not fenced:
            fenced.append(True)
            raise Moved

    shelf.before = moved_once

    assert bind(Warehouse).stock(item="tin") == 3
    assert fenced == [True]


def test_a_context_that_moved_and_never_opened_is_unavailable_at_the_deadline(shelf: Shelf) -> None:
    def moved() -> None:
        raise Moved

    shelf.before = moved

    with request.use(deadline=request.deadline_in(100)), pytest.raises(Moved):
        bind(Warehouse).stock(item="tin")


def test_every_call_is_counted_on_its_edge(shelf: Shelf) -> None:
    def count(outcome: str) -> float:
        labels = {"caller": "vortex", "operation": ORDER.path, "mode": "local", "outcome": outcome}
        return _counted("vortex_calls_total", **labels)

    answered, refused = count("answered"), count("sample_out_of_stock")
    bind(Warehouse).order(order_id=new_id(), items=("tin",))
    with pytest.raises(OutOfStock):
        bind(Warehouse).order(order_id=new_id(), items=("hammer",))

    assert (count("answered"), count("sample_out_of_stock")) == (answered + 1, refused + 1)


def test_an_answer_of_what_was_seen_is_typed(shelf: Shelf) -> None:
    assert isinstance(bind(Warehouse).seen(), Seen)
    assert isinstance(bind(Warehouse).order(order_id=new_id(), items=()), Ordered)


def _counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0
