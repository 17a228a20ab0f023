"""What a client may say on the socket, and how much of it."""

import time
from typing import Annotated, Final

import msgspec

MAX_FRAME_BYTES: Final = 10 * 1024
_BURST: Final = 30.0
_PER_SECOND: Final = 5.0


class Resume(msgspec.Struct, tag="resume", tag_field="type", frozen=True):
    """Send what came after a sequence; `epoch` is that of the hello that the client remembers."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    epoch: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Ping(msgspec.Struct, tag="ping", tag_field="type", frozen=True):
    """Show that the socket is alive, for browsers, which cannot send a ping of the protocol."""


def decode(text: str) -> Resume | Ping:
    """Return what a client said; raise msgspec.MsgspecError for anything that it may not say."""
    frame: Resume | Ping = _decoder.decode(text)
    return frame


_decoder = msgspec.json.Decoder(Resume | Ping)


class Allowance:
    """Thirty frames at once and five a second after that, per socket."""

    def __init__(self) -> None:
        self._left = _BURST
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        """Use up one frame; return False where none is left."""
        moment = time.monotonic()
        gained = (moment - self._counted_at) * _PER_SECOND
        self._left, self._counted_at = min(_BURST, self._left + gained), moment
        if self._left < 1:
            return False
        self._left -= 1
        return True
