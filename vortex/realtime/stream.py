"""One ordered stream per user, kept in Valkey for whoever was not listening at the moment.

Sequences count from 1 without gaps. The last thousand events can be read again. Only people who had
a socket within the last hour have a stream: an open one looks every few seconds, and whoever comes
later reads the lists. So it takes the memory of those who look, not of all who have an account.

An epoch names one unbroken life of a stream: it is made of the run of the Valkey server and of the
life of the keys, so that a server that came back with older data, or without any, is not taken for
the same stream.
"""

import secrets
from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from vortex import valkey
from vortex.clock import now
from vortex.errors import Unavailable
from vortex.realtime.pokes import poke, user_group

KEPT_EVENTS: Final = 1000
BATCH: Final = 100
MAX_DATA_BYTES: Final = 8 * 1024
_IDLE_SECONDS: Final = 3600

# Frames that the socket itself sends; no event may look like one.
RESERVED: Final = frozenset({"hello", "pong", "error", "resync_required"})

# A stream whose meta data are gone is a leftover: its sequence would begin again below its events.
_BEGIN: Final = """
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then redis.call('DEL', KEYS[2]) end
"""
_PUSH: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local sequence = redis.call('HINCRBY', KEYS[1], 'sequence', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], sequence .. '-0',
  'type', ARGV[3], 'data', ARGV[4], 'at', ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return sequence
"""
_READ: Final = (
    _BEGIN
    + """
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local sequence = tonumber(redis.call('HGET', KEYS[1], 'sequence') or '0')
local events = {}
if sequence > tonumber(ARGV[2]) then
  events = redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+', 'COUNT', ARGV[3])
end
return {string.sub(run, 1, 12) .. epoch, sequence, events}
"""
)


class Pushed(msgspec.Struct, frozen=True):
    """An event as a socket sends it; `data` is JSON already."""

    type: str
    sequence: int
    data: msgspec.Raw
    at: str


class Batch(msgspec.Struct, frozen=True):
    """Up to a hundred events beyond a sequence, and where the stream stands."""

    epoch: str
    sequence: int
    events: tuple[Pushed, ...]

    def follows(self, after: int) -> bool:
        """Say whether nothing is missing between `after` and these events."""
        if self.events:
            return self.events[0].sequence == after + 1
        return self.sequence == after


class News(msgspec.Struct, frozen=True):
    """One event to be pushed: to whom, of which type, and anything that msgspec encodes."""

    user_id: UUID
    type: str
    data: Any


def push(user_id: UUID, type_: str, data: Any) -> int:
    """Append an event to a user's stream, wake their sockets and return its sequence.

    Returns 0, and does nothing, where they have had no socket within the last hour.

    `data` is anything that msgspec encodes, up to 8 KiB: ids and what a screen needs to redraw. It
    is a hint, so call it after the commit; two calls are two events. Refuses with Unavailable while
    Valkey is down.
    """
    (sequence,) = push_many([News(user_id, type_, data)])
    return sequence


def push_many(news: Iterable[News]) -> list[int]:
    """Push several events in one round trip, in order, and return their sequences.

    As `push` otherwise. Where it refuses, those of the first users may have been pushed.
    """
    at = now().isoformat()
    try:
        with valkey.client().pipeline(transaction=False) as pipeline:
            for item in news:
                pipeline.eval(_PUSH, 2, *_keys(item.user_id), *_arguments(item, at))
            return [int(sequence) for sequence in pipeline.execute()]
    except valkey.FAILURES as error:
        raise Unavailable("events could not be pushed") from error


def listeners_among(user_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these people who have had a socket within the last hour.

    Ask before news are put together for many: whoever else is told would hear nothing. Refuses with
    Unavailable while Valkey is down.
    """
    asked = list(user_ids)
    try:
        with valkey.client().pipeline(transaction=False) as pipeline:
            for user_id in asked:
                pipeline.exists(_keys(user_id)[0])
            found = pipeline.execute()
    except valkey.FAILURES as error:
        raise Unavailable("it is not known who listens") from error
    return {user_id for user_id, listens in zip(asked, found, strict=True) if listens}


def _arguments(item: News, at: str) -> list[Any]:
    encoded = msgspec.json.encode(item.data)
    if item.type in RESERVED or len(encoded) > MAX_DATA_BYTES:
        raise ValueError(f"{item.type!r} is reserved, or its {len(encoded)} bytes are too many")
    poked = poke(user_group(item.user_id), "realtime.poke")
    return [KEPT_EVENTS, _IDLE_SECONDS, item.type, encoded, at, *poked]


async def read(client: Any, user_id: UUID, *, after: int) -> Batch:
    """Return what comes after a sequence, read in one step; `client` is an asynchronous one."""
    arguments = [_seed(), after, BATCH, _IDLE_SECONDS]
    epoch, sequence, rows = await client.eval(_READ, 2, *_keys(user_id), *arguments)
    return Batch(epoch.decode(), sequence, tuple(_pushed(*row) for row in rows))


def _pushed(entry: bytes, fields: list[bytes]) -> Pushed:
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return Pushed(
        type=values[b"type"].decode(),
        sequence=int(entry.partition(b"-")[0]),
        data=msgspec.Raw(values[b"data"]),
        at=values[b"at"].decode(),
    )


def _keys(user_id: UUID) -> tuple[str, str]:
    # The braces keep both keys on one node of a cluster.
    return f"realtime:{{{user_id}}}:meta", f"realtime:{{{user_id}}}:events"


def _seed() -> str:
    return secrets.token_hex(4)
