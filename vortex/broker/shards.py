"""Who of a group reads which shard: leases in Valkey, shared out evenly among the living."""

import threading
import time
from typing import Any, Final, cast

import redis

# Members with the moment their membership ends, and the owner of each shard. A shard whose owner is
# no living member is free. All times are the server's, so clocks need not agree.
_KEEP: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local quota = math.ceil((#ARGV - 2) / redis.call('ZCARD', KEYS[1]))
local mine, free = {}, {}
for i = 3, #ARGV do
  local owner = redis.call('HGET', KEYS[2], ARGV[i])
  if owner == ARGV[1] then
    if #mine < quota then mine[#mine + 1] = ARGV[i] else redis.call('HDEL', KEYS[2], ARGV[i]) end
  elseif not owner or not redis.call('ZSCORE', KEYS[1], owner) then
    free[#free + 1] = ARGV[i]
  end
end
for _, shard in ipairs(free) do
  if #mine >= quota then break end
  redis.call('HSET', KEYS[2], shard, ARGV[1])
  mine[#mine + 1] = shard
end
return mine
"""

_LEAVE: Final = """
redis.call('ZREM', KEYS[1], ARGV[1])
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
end
return 1
"""

_RENEWALS_PER_LEASE: Final = 4


class Shards:
    """The shards that one consumer holds, each with its tenure and how far its rest was read."""

    def __init__(
        self,
        client: "redis.Redis",
        group: str,
        shards: list[str],
        consumer: str,
        *,
        lease_seconds: float,
    ) -> None:
        self._keys = [f"vortex:members:{group}", f"vortex:owners:{group}"]
        self._all = shards
        self._me = consumer
        self._lease_seconds = lease_seconds
        self._keep = client.register_script(_KEEP)
        self._leave = client.register_script(_LEAVE)
        self._tenures: dict[str, int] = {}
        self._cursors: dict[str, str] = {}
        self._spells = 0
        self._kept_at = float("-inf")
        self._never = threading.Event()

    def keep(self) -> None:
        """Renew the leases when it is time, give shards up and take shards over as is due."""
        if self.seconds_to_upkeep() > 0:
            return
        asked_at = time.monotonic()
        milliseconds = int(self._lease_seconds * 1000)
        answer = self._keep(keys=self._keys, args=[self._me, milliseconds, *self._all])
        mine = {name.decode() for name in cast("list[Any]", answer)}
        if asked_at >= self._kept_at + self._lease_seconds:
            self._tenures.clear()  # it ran out: somebody else may have read meanwhile
        for lost in self._tenures.keys() - mine:
            del self._tenures[lost]
            self._cursors.pop(lost, None)
        for taken in sorted(mine - self._tenures.keys()):
            self._begin(taken)
        self._kept_at = asked_at

    def seconds_to_upkeep(self) -> float:
        """Return when `keep` has something to do."""
        due = self._kept_at + self._lease_seconds / _RENEWALS_PER_LEASE
        return max(0.0, due - time.monotonic())

    def held(self) -> list[str]:
        """Return the shards that are read now."""
        return list(self._tenures) if self._valid() else []

    def tenure(self, shard: str) -> int:
        """Return the number of the spell for which a shard is held; 0 where it is not."""
        return self._tenures.get(shard, 0) if self._valid() else 0

    def recovering(self) -> dict[str, str]:
        """Return the shards with messages left by somebody, with the last id that was read."""
        return dict(self._cursors) if self._valid() else {}

    def advance(self, shard: str, position: str | None) -> None:
        """Note how far a recovering shard was read; None: nothing is left there."""
        if position is None:
            self._cursors.pop(shard, None)
        elif shard in self._cursors:
            self._cursors[shard] = position

    def recover(self) -> None:
        """Begin again with everything that was read and not acknowledged."""
        for shard in list(self._tenures):
            self._begin(shard)

    def leave(self) -> None:
        """Give everything up at once."""
        self._tenures.clear()
        self._cursors.clear()
        self._leave(keys=self._keys, args=[self._me, *self._all])

    def wait(self, seconds: float) -> None:
        """Wait for something to become free."""
        self._never.wait(seconds)

    def _begin(self, shard: str) -> None:
        self._spells += 1
        self._tenures[shard] = self._spells
        self._cursors[shard] = "0"

    def _valid(self) -> bool:
        return time.monotonic() < self._kept_at + self._lease_seconds
