"""How both sides do while they share the reads of a context: counted here, judged by the operator.

Each process adds its counts to Valkey once a second. A person who has just written reads from the
owner for a while, so that they see what they wrote: that they write is known to all processes of
both sides before the write begins, and where that cannot be asked the owner answers.
"""

import asyncio
import threading
import time
from collections import defaultdict
from typing import Final
from uuid import UUID

from vortex import valkey
from vortex.telemetry import get_logger

OWN_WRITES_SECONDS: Final = 5.0
# Upper bounds of the buckets in which answers are counted, in milliseconds.
BOUNDS_MS: Final = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000)
_FLUSH_SECONDS: Final = 1.0
_WRITERS: Final = 100_000
_KEPT_SECONDS: Final = 3_600

log = get_logger("http.shares")


class Shares:
    """The counts of one process. Safe between threads."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._wrote: dict[tuple[str, UUID], float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    async def writes(self, context: str, who: UUID | None) -> None:
        """Let every process know that somebody writes to a context."""
        if who is None:
            return
        with self._lock:
            if len(self._wrote) >= _WRITERS:
                self._wrote.clear()
            self._wrote[context, who] = time.monotonic()
        await asyncio.to_thread(_note, context, who)

    async def reads_own_writes(self, context: str, who: UUID | None) -> bool:
        """Say whether somebody wrote so lately that the other side may not have it yet."""
        if who is None:
            return False
        at = self._wrote.get((context, who))
        if at is not None and time.monotonic() - at < OWN_WRITES_SECONDS:
            return True
        return await asyncio.to_thread(_noted, context, who)

    def read(self, context: str, side: str, *, failed: bool, seconds: float) -> None:
        """Count an answer of one side: `here` or `there`."""
        bucket = next((b for b in BOUNDS_MS if seconds * 1000 <= b), BOUNDS_MS[-1])
        with self._lock:
            self._counts[context, f"{side}:answered"] += 1
            self._counts[context, f"{side}:failed"] += failed
            self._counts[context, f"{side}:le:{bucket}"] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._flush, name="shares", daemon=True)
                self._thread.start()

    def _flush(self) -> None:
        forever = threading.Event()
        while not forever.wait(_FLUSH_SECONDS):
            with self._lock:
                counts, self._counts = self._counts, defaultdict(int)
            try:
                for (context, name), number in counts.items():
                    valkey.client().hincrby(key_of(context), name, number)
                    valkey.client().expire(key_of(context), _KEPT_SECONDS)
            except valkey.FAILURES as error:
                log.warning("http.shares.not_counted", error=type(error).__name__)


def _note(context: str, who: UUID) -> None:
    try:
        valkey.client().set(_writer(context, who), 1, px=int(OWN_WRITES_SECONDS * 1000))
    except valkey.FAILURES as error:
        log.warning("http.shares.not_noted", error=type(error).__name__)


def _noted(context: str, who: UUID) -> bool:
    try:
        return bool(valkey.client().exists(_writer(context, who)))
    except valkey.FAILURES:
        return True


def _writer(context: str, who: UUID) -> str:
    return f"share:{context}:wrote:{who}"


def key_of(context: str) -> str:
    """Return the name of the hash in which a context's answers are counted."""
    return f"share:{context}"
