"""Group commit: whoever comes while a commit is in flight goes into the next one, together.

A thread takes whatever waits, at most so many at once, and never waits for company. So a request
that comes alone goes alone and at once, and there is no timer. A thread that has nothing to do is
woken after the event loop has read what its sockets hold: those belong together.

While one group is with the database another thread prepares the next, once enough wait to be worth
a commit of their own; fewer go with whoever is done first. A thread takes its share and no more, so
groups stay alike in size: beside a large one, a small one only waits.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from vortex.telemetry import get_logger
from vortex.telemetry.metrics import histogram

J = TypeVar("J")
A = TypeVar("A")

AT_ONCE: Final = 512
AT_WORK: Final = 2
WORTH: Final = 32  # this many do not wait for the group before them
WAITING: Final = 4_096
_LOOK_SECONDS: Final = 1.0  # an event loop that is stopped wakes nobody

log = get_logger("http.quick")
_sizes = histogram(
    "vortex_request_group_size",
    "Requests answered together",
    ("group",),
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)


class _Waiting(NamedTuple, Generic[J, A]):
    job: J
    loop: asyncio.AbstractEventLoop
    answered: "Callable[[J, A | None], object]"


class Group(Generic[J, A]):
    """Answers jobs by `work`, which takes many and answers each; from any number of event loops."""

    def __init__(
        self,
        work: Callable[[Sequence[J]], Sequence[A | None]],
        at_end: Callable[[], None] = lambda: None,
        *,
        name: str,
        at_once: int = AT_ONCE,
    ) -> None:
        self._work = work
        self._at_end = at_end
        self._name = name
        self._most = at_once
        self._worth = min(WORTH, at_once)
        self._sizes = _sizes.labels(name)
        self._closed = False
        self._queue: deque[_Waiting[J, A]] = deque()
        self._changed = threading.Condition()
        self._working = 0
        self._taken = 0  # jobs of the groups that are at work
        self._is_called = False  # somebody is about to wake a thread
        self._threads: list[threading.Thread] = []

    def take(self, job: J, answered: "Callable[[J, A | None], object]") -> bool:
        """Take a job, or return False where too many are waiting.

        `answered` is called in this event loop with the job and its answer, which is None where the
        work failed: then it is not known what became of the job.
        """
        loop = asyncio.get_running_loop()
        with self._changed:
            if len(self._queue) >= WAITING:
                return False
            self._queue.append(_Waiting(job, loop, answered))
            if self._is_due() and not self._is_called:
                self._is_called = True
                loop.call_soon(self._wake)
        return True

    def submit(self, job: J) -> "asyncio.Future[A | None] | None":
        """Take a job and return its answer to come, or None where too many are waiting."""
        answer: asyncio.Future[A | None] = asyncio.get_running_loop().create_future()

        def answered(_job: J, said: "A | None") -> None:
            if not answer.done():
                answer.set_result(said)

        return answer if self.take(job, answered) else None

    def close(self) -> None:
        """Answer what waits, then end the thread; `at_end` runs in it last."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _is_due(self) -> bool:
        """Say whether what waits is for a thread that has nothing to do."""
        waiting = len(self._queue)
        return waiting >= self._worth or (waiting > 0 and self._working == 0)

    def _share(self) -> int:
        """Return how many of those who wait belong into the next group."""
        waiting = len(self._queue)
        share = -(-(waiting + self._taken) // AT_WORK)
        return min(waiting, self._most, max(self._worth, share))

    def _staff(self) -> None:
        if len(self._threads) == self._working < AT_WORK:
            name = f"{self._name}-{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
            self._threads[-1].start()

    def _wake(self) -> None:
        with self._changed:
            self._staff()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_due() and not (self._closed and not self._queue):
                    self._changed.wait(_LOOK_SECONDS)
                if not self._queue:
                    break
                batch = [self._queue.popleft() for _ in range(self._share())]
                self._working += 1
                self._taken += len(batch)
                self._is_called = False
                is_more = self._is_due()  # what this group left is worth another
            if is_more:
                self._wake()
            self._sizes.observe(len(batch))
            self._answer(batch)
            with self._changed:
                self._working -= 1
                self._taken -= len(batch)
                if self._closed:
                    self._changed.notify_all()
        self._at_end()

    def _answer(self, batch: "list[_Waiting[J, A]]") -> None:
        answers: Sequence[A | None] = [None] * len(batch)
        try:
            answers = self._work([waiting.job for waiting in batch])
        except Exception:
            log.exception("http.quick.group_failed", group=self._name, requests=len(batch))
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting[J, A], A | None]]] = {}
        for waiting, answer in zip(batch, answers, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting, answer))
        for loop, answered in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_deliver, answered)


def _deliver(answered: "list[tuple[_Waiting[J, A], A | None]]") -> None:
    for waiting, answer in answered:
        try:
            waiting.answered(waiting.job, answer)
        except Exception:
            log.exception("http.quick.answer_failed")
