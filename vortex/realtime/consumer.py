"""The socket: lets in who has a ticket, sends their events, ends with their session."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer

from vortex import valkey
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.realtime import frames, metrics
from vortex.realtime.admission import admit, is_over
from vortex.realtime.feed import Feed
from vortex.realtime.pokes import session_group, user_group
from vortex.realtime.tickets import Admission
from vortex.telemetry.logs import get_logger

# Close codes: the client signs in again, gets a fresh token, comes back later, or is at fault.
SESSION_ENDED: Final = 4401
TOKEN_EXPIRED: Final = 4408
TRY_AGAIN_LATER: Final = 1013
FRAME_TOO_LARGE: Final = 1009
TOO_MANY_FRAMES: Final = 1008

CHECK_SECONDS: Final = 15.0

log = get_logger("realtime.socket")


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """One connection of one session.

    Frames out: hello {epoch, sequence}, events {type, sequence, data, at}, resync_required {epoch,
    sequence}, pong and error {code}. Frames in: resume {after, epoch} and ping. When anything that
    keeps the socket truthful fails, it closes, so that the client comes back and asks for the rest.
    """

    admission: Admission | None = None

    async def connect(self) -> None:
        """Refuse with HTTP 403 before the handshake, or greet and start to send."""
        try:
            self.admission = await admit(self.scope)
            if self.admission is None:
                await self.close()
                return
            await self._join(self.admission)
        except (Unavailable, *valkey.FAILURES) as error:
            log.warning("realtime.socket.unavailable", error=type(error).__name__)
            await self._end(TRY_AGAIN_LATER)

    async def _join(self, admission: Admission) -> None:
        await self.accept()
        metrics.sockets.inc()
        self._counted = True
        for group in self._groups():
            await self.channel_layer.group_add(group, self.channel_name)
        self._allowance = frames.Allowance()
        self._feed = Feed(admission.principal.user_id, self._send_frame)
        await self._feed.greet()
        # A session that ended between the ticket and the groups was poked before anyone listened.
        if await is_over(admission):
            await self._end(SESSION_ENDED)
            return
        self._tasks = [
            asyncio.create_task(self._keep(self._feed.run())),
            asyncio.create_task(self._keep(self._watch(admission))),
        ]

    async def disconnect(self, code: int) -> None:
        """Let go of everything, whoever closed."""
        del code
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        if self._counted:
            self._counted = False
            metrics.sockets.dec()
            with suppress(*valkey.FAILURES):
                for group in self._groups():
                    await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a frame of the client; what it may not say is answered with an error."""
        if len(text_data or bytes_data or "") > frames.MAX_FRAME_BYTES:
            await self._end(FRAME_TOO_LARGE)
        elif not self._allowance.take():
            await self._end(TOO_MANY_FRAMES)
        else:
            await self._answer(text_data or "")

    async def _answer(self, text: str) -> None:
        try:
            frame = frames.decode(text)
        except msgspec.MsgspecError:
            await self._send_frame({"type": "error", "code": "malformed_frame"})
            return
        if isinstance(frame, frames.Resume):
            self._feed.resume(frame.after, frame.epoch)
        else:
            await self._send_frame({"type": "pong"})

    async def realtime_poke(self, message: dict[str, Any]) -> None:
        """Hear that the user's stream has grown."""
        del message
        self._feed.wake()

    async def realtime_check(self, message: dict[str, Any]) -> None:
        """Hear that the session may be over."""
        del message
        if self.admission is not None and await is_over(self.admission):
            await self._end(SESSION_ENDED)

    async def realtime_end(self, message: dict[str, Any]) -> None:
        """Hear that the session is over."""
        del message
        await self._end(SESSION_ENDED)

    async def _watch(self, admission: Admission) -> None:
        """Close when the session has expired or been revoked, poked or not."""
        while True:
            left = (admission.expires_at - now()).total_seconds()
            if left <= 0:
                await self._end(TOKEN_EXPIRED)
                return
            await asyncio.sleep(min(CHECK_SECONDS, left))
            if await is_over(admission):
                await self._end(SESSION_ENDED)
                return

    async def _keep(self, work: Any) -> None:
        """Run a part of the socket; when it fails the whole socket closes instead of going deaf."""
        try:
            await work
        except (Unavailable, *valkey.FAILURES) as error:
            # Valkey, or a client that is gone already: then there is nobody left to tell.
            log.info("realtime.socket.interrupted", error=type(error).__name__)
            await self._end(TRY_AGAIN_LATER)
        except Exception:
            log.exception("realtime.socket.failed")
            await self._end(TRY_AGAIN_LATER)

    async def _end(self, code: int) -> None:
        metrics.closed.labels(str(code)).inc()
        with suppress(OSError):
            await self.close(code=code)

    async def _send_frame(self, frame: Any) -> None:
        await self.send(text_data=msgspec.json.encode(frame).decode())

    def _groups(self) -> tuple[str, ...]:
        if self.admission is None:
            return ()
        principal = self.admission.principal
        session = (session_group(principal.session_id),) if principal.session_id else ()
        return (user_group(principal.user_id), *session)

    _counted: bool = False
    _tasks: list[asyncio.Task[None]] = []
    _feed: Feed
    _allowance: frames.Allowance
