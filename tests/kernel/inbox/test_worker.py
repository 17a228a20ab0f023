"""The consumer process: when it lets events gather, and when it goes on at once."""

from typing import Any

import pytest

from vortex.broker.memory import MemoryBroker
from vortex.inbox import retention, worker
from vortex.inbox.worker import Worker


@pytest.mark.parametrize(
    ("gathers", "came"), [(True, 20), (True, 249), *((False, n) for n in (0, 19, 250, 500))]
)
def test_events_gather_where_there_are_many_and_nobody_waits_who_is_behind(
    monkeypatch: pytest.MonkeyPatch, *, gathers: bool, came: int
) -> None:
    waited: list[float] = []
    here = Worker((), MemoryBroker(), name="one")

    class Steps:
        def __init__(self, *_: Any) -> None:
            pass

        def step(self, _timeout: float) -> int:
            here.stop()
            return came

        def stop(self) -> None:
            pass

    monkeypatch.setattr(worker, "Consumer", Steps)
    monkeypatch.setattr(worker, "owns", lambda _context: True)
    monkeypatch.setattr(retention, "prepare", lambda _context: None)
    monkeypatch.setattr(here._stopped, "wait", waited.append)

    here._consume("accounts")

    assert bool(waited) is gathers
