"""Who may come in, asked for many requests at once: one round trip to Valkey for all of them.

The same marks and the same buckets as vortex.identity.revocation and vortex.http.throttles, so a
caller is counted once wherever their requests are answered. It only ever lets in: whoever is signed
out, beyond a limit or not to be checked is left to those two, which say so in their own words.
"""

from collections.abc import Sequence
from math import ceil
from typing import Final

from vortex import valkey
from vortex.http.throttles import Limit, Spent, limit_of
from vortex.identity.revocation import COMPLETE
from vortex.identity.tokens import Verified

# KEYS come in threes: the user's mark, the session's, the bucket; the last one says that no mark
# has been lost, and without it nobody is let in. ARGV are the cost of a request in microseconds,
# the quota, then when each token was issued. Answers, for each: what is left in the bucket or -1,
# and the microseconds after which it will be full.
_ADMIT: Final = """
local cost, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local room = cost * quota
local found = redis.call('MGET', unpack(KEYS))
local seen, answers = {}, {}
for i = 1, (#KEYS - 1) / 3 do
  local mark, ended, bucket = found[3 * i - 2], found[3 * i - 1], KEYS[3 * i]
  local full = math.max(seen[bucket] or tonumber(found[3 * i] or '0'), now)
  local after = full + cost
  local over = ended or (mark and tonumber(ARGV[i + 2]) < tonumber(mark))
  if over or not found[#KEYS] or after - now > room then
    answers[2 * i - 1], answers[2 * i] = -1, 0
  else
    seen[bucket] = after
    answers[2 * i - 1], answers[2 * i] = math.floor((room - (after - now)) / cost), after - now
  end
end
for bucket, after in pairs(seen) do
  redis.call('SET', bucket, string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1)
end
return answers
"""


def policy(scope: str) -> str:
    """Return the header RateLimit-Policy of a scope."""
    limit = limit_of(scope)
    return f'"{scope}";q={limit.quota};w={limit.seconds}'


def admit(scope: str, tokens: Sequence[Verified]) -> list[Spent | None]:
    """Take one request out of each caller's bucket, in order; None for whoever is not let in.

    Lets nobody in where Valkey does not answer.
    """
    limit: Limit = limit_of(scope)
    cost = limit.seconds * 1_000_000 // limit.quota
    keys: list[str] = []
    prefix = f"limit:{scope}:"
    for token in tokens:
        keys += (*token.marks, prefix + token.caller)
    keys.append(COMPLETE)
    issued = [repr(token.issued_at) for token in tokens]
    try:
        said = valkey.client().eval(_ADMIT, len(keys), *keys, str(cost), str(limit.quota), *issued)
    except valkey.FAILURES:
        return [None] * len(tokens)
    return [
        None if remaining < 0 else Spent(True, remaining, 0, ceil(full / 1_000_000))
        for remaining, full in zip(said[::2], said[1::2], strict=True)
    ]
