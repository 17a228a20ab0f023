"""What one socket sends: the events of one user, in order, or a word that some are lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from vortex.realtime import connections, metrics
from vortex.realtime.stream import Batch, read

# A poke can get lost while Valkey restarts; looking without one bounds how late an event can be.
LOOK_SECONDS: Final = 5.0

Send = Callable[[Any], Awaitable[None]]


class Feed:
    """Reads a user's stream from where it left off, whenever it is woken and now and then anyway.

    Only `run` sends, one batch at a time. It waits while the peer does not read, so that a slow
    socket holds a hundred events in memory and leaves the rest in the stream.
    """

    def __init__(self, user_id: UUID, send: Send) -> None:
        self._user_id = user_id
        self._send = send
        self._woken = asyncio.Event()
        self._epoch = ""
        self._after = 0

    def wake(self) -> None:
        """Make the feed look for events now."""
        self._woken.set()

    def resume(self, after: int, epoch: str | None) -> None:
        """Go back to a sequence; with another epoch than the stream's, everything is in doubt."""
        self._after = after
        self._epoch = epoch or self._epoch
        self._woken.set()

    async def greet(self) -> None:
        """Tell the client where the stream stands; what comes later is sent."""
        batch = await self._read(after=2**53)
        self._epoch, self._after = batch.epoch, batch.sequence
        await self._send({"type": "hello", "epoch": batch.epoch, "sequence": batch.sequence})

    async def run(self) -> None:
        """Send events until cancelled; raise what Valkey raises when it does not answer."""
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
            except TimeoutError:
                metrics.looked.inc()
            self._woken.clear()
            await self._catch_up()

    async def _catch_up(self) -> None:
        while True:
            epoch, after = self._epoch, self._after
            batch = await self._read(after=after)
            if (epoch, after) != (self._epoch, self._after):
                continue  # the client asked for another place while the answer was on its way
            if batch.epoch != epoch or not batch.follows(after):
                await self._start_over(batch)
                return
            await self._send_all(batch)
            if self._after >= batch.sequence:
                return

    async def _send_all(self, batch: Batch) -> None:
        for event in batch.events:
            before = self._after
            await self._send(event)
            if self._after != before:
                return  # the client asked for another place in between
            self._after = event.sequence
            metrics.sent.inc()

    async def _start_over(self, batch: Batch) -> None:
        self._epoch, self._after = batch.epoch, batch.sequence
        metrics.resyncs.inc()
        place = {"epoch": batch.epoch, "sequence": batch.sequence}
        await self._send({"type": "resync_required", **place})

    async def _read(self, *, after: int) -> Batch:
        return await read(connections.client(), self._user_id, after=after)
