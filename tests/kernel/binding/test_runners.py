"""The runners carry calls as they say, and the loopback catches a command that answers twice."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.kernel.sample import Ordered, OutOfStock, Shelf, Warehouse
from vortex.binding import bind
from vortex.ids import new_id
from vortex.testing import stub
from vortex.testing.runners import running


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    served = Shelf(tin=3)
    with stub(Warehouse, served):
        yield served


def test_the_loopback_delivers_every_command_twice(shelf: Shelf) -> None:
    with running("sample", "loopback"):
        ordered = bind(Warehouse).order(order_id=new_id(), items=("tin",))

    assert not ordered.replayed
    assert (shelf.calls, shelf.counts) == (2, {"tin": 2})


def test_the_loopback_asks_a_query_once(shelf: Shelf) -> None:
    with running("sample", "loopback"):
        assert bind(Warehouse).stock(item="tin") == 3

    assert shelf.calls == 1


def test_the_loopback_passes_a_refusal_on(shelf: Shelf) -> None:
    with running("sample", "loopback"), pytest.raises(OutOfStock) as refused:
        bind(Warehouse).order(order_id=new_id(), items=("hammer",))

    assert refused.value.facts == {"item": "hammer", "left": 0}


class Forgetful(Shelf):
    """A shelf that does not know its keys, and so does everything again."""

    def order(self, *, order_id: UUID, items: tuple[str, ...]) -> Ordered:
        super().order(order_id=new_id(), items=items)
        return Ordered(order_id=new_id(), items=items)


def test_the_loopback_catches_a_command_that_answers_otherwise_the_second_time() -> None:
    with (
        stub(Warehouse, Forgetful(tin=3)),
        running("sample", "loopback"),
        pytest.raises(AssertionError, match="twice"),
    ):
        bind(Warehouse).order(order_id=new_id(), items=("tin",))
