"""Group commit: whoever comes while a commit is in flight goes into the next one, together.

One thread works; it takes whatever waits, at most so many at once, and never waits for company. So
a request that comes alone goes alone and at once, and there is no timer.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from vortex.telemetry import get_logger
from vortex.telemetry.metrics import histogram

J = TypeVar("J")
A = TypeVar("A")

AT_ONCE: Final = 512
WAITING: Final = 4_096

log = get_logger("transactions.lane")
_sizes = histogram(
    "vortex_posting_group_size",
    "Requests in one commit",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)


@dataclass(slots=True)
class _Waiting(Generic[J, A]):
    job: J
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[A | None]"


class Group(Generic[J, A]):
    """Answers jobs by `work`, which takes many and answers each; from any number of event loops."""

    def __init__(
        self,
        work: Callable[[Sequence[J]], Sequence[A | None]],
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._at_end = at_end
        self._closed = False
        self._queue: deque[_Waiting[J, A]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, job: J) -> "asyncio.Future[A | None] | None":
        """Return the answer to come, or None where too many are waiting.

        The answer is None where the work failed: then it is not known what became of the job.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, loop, loop.create_future())
        with self._changed:
            if len(self._queue) >= WAITING:
                return None
            self._queue.append(waiting)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="posting-lane", daemon=True)
                self._thread.start()
            self._changed.notify()
        return waiting.answer

    def close(self) -> None:
        """Answer what waits, then end the thread; `at_end` runs in it last."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if not self._queue:
                    break
                count = min(len(self._queue), AT_ONCE)
                batch = [self._queue.popleft() for _ in range(count)]
            _sizes.observe(count)
            self._answer(batch)
        self._at_end()

    def _answer(self, batch: "list[_Waiting[J, A]]") -> None:
        answers: Sequence[A | None] = [None] * len(batch)
        try:
            answers = self._work([waiting.job for waiting in batch])
        except Exception:
            log.exception("transactions.lane.group_failed", requests=len(batch))
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting[J, A], A | None]]] = {}
        for waiting, answer in zip(batch, answers, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting, answer))
        for loop, answered in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_deliver, answered)


def _deliver(answered: "list[tuple[_Waiting[J, A], A | None]]") -> None:
    for waiting, answer in answered:
        if not waiting.answer.done():
            waiting.answer.set_result(answer)
