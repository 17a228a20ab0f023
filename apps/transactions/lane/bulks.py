"""Batches beside the group: a few at once, each in a thread with a connection of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

from vortex.telemetry import get_logger

J = TypeVar("J")
A = TypeVar("A")

AT_ONCE: Final = 2
WAITING: Final = 4  # those at work included: some thousand items in flight

log = get_logger("transactions.lane")


class Bulks:
    """Runs at most AT_ONCE batches and lets a few more wait."""

    def __init__(self, at_end: Callable[[], None] = lambda: None) -> None:
        self._at_end = at_end
        self._pool = ThreadPoolExecutor(AT_ONCE, "posting-bulk")
        self._waiting = 0
        self._changing = threading.Lock()

    def submit(self, work: Callable[[J], A | None], job: J) -> "asyncio.Future[A | None] | None":
        """Return the answer to come, or None where too many are waiting.

        The answer is None where the work failed: then it is not known what became of the job.
        """
        with self._changing:
            if self._waiting >= WAITING:
                return None
            self._waiting += 1
        context = copy_context()
        return asyncio.wrap_future(self._pool.submit(context.run, self._answer, work, job))

    def close(self) -> None:
        """Finish what waits; every thread ends with `at_end`."""
        together = threading.Barrier(AT_ONCE)

        def end() -> None:
            together.wait(10)
            self._at_end()

        for ending in [self._pool.submit(end) for _ in range(AT_ONCE)]:
            ending.result()
        self._pool.shutdown()

    def _answer(self, work: Callable[[J], A | None], job: J) -> A | None:
        try:
            return work(job)
        except Exception:
            log.exception("transactions.lane.batch_failed")
            return None
        finally:
            with self._changing:
                self._waiting -= 1
