"""Rate limits, kept in Valkey so that every process counts the same caller once.

Each scope of settings.VORTEX_RATE_LIMITS is a bucket per caller that refills evenly (the generic
cell rate algorithm, ITU-T I.371): `quota` requests may come at once, and then as many per
`seconds`. One script reads, decides and writes, so that no number of processes can let one request
more through. When Valkey is down, a scope that `fails` "closed" refuses with 503, because guessing
a password must not become free; one that fails "open" lets everybody in and says so loudly.
"""

from math import ceil
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from vortex import valkey
from vortex.contracts import Principal
from vortex.errors import Unavailable
from vortex.http.address import client_address, network_of
from vortex.http.refusals import Throttled
from vortex.http.replaying import SPENDS_NOTHING
from vortex.telemetry import context, get_logger
from vortex.telemetry.metrics import counter

if TYPE_CHECKING:  # DRF's views import this module while they are being made
    from rest_framework.views import APIView

log = get_logger("http.throttles")
_unlimited = counter(
    "vortex_rate_limit_unavailable_total", "Requests whose limit was not known", ("scope", "fails")
)
_refused = counter("vortex_rate_limit_refused_total", "Requests beyond their limit", ("scope",))

# KEYS[1] is the bucket; it holds the instant, in microseconds, at which it will be full again.
# ARGV are the microseconds that one request costs and the quota. The clock is Valkey's own.
_SPEND: Final = """
local cost, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local room = cost * quota
local after = full + cost
if after - now > room then
  return {0, 0, after - now - room, full - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1)
return {1, math.floor((room - (after - now)) / cost), 0, after - now}
"""


class LimitsUnavailable(Unavailable, code="limits_unavailable", title="Limits cannot be checked"):
    """Whether the caller has tried too often cannot be known right now. Come back in a moment."""


class Limit(msgspec.Struct, frozen=True):
    """The limit of a scope: `quota` requests per `seconds`, and what holds when it is not known."""

    quota: int
    seconds: int
    fails: Literal["open", "closed"]


class Spent(msgspec.Struct, frozen=True):
    """What a request left in its bucket; waits are in whole seconds, rounded up."""

    allowed: bool
    remaining: int
    retry_after: int
    full_after: int


def limit_of(scope: str) -> Limit:
    """Return the limit of a scope; LookupError for a scope that the settings do not name."""
    named = settings.VORTEX_RATE_LIMITS.get(scope)
    if named is None:
        raise LookupError(f"VORTEX_RATE_LIMITS names no scope {scope!r}")
    quota, seconds, fails = named
    return Limit(quota, seconds, "open" if fails == "open" else "closed")


def spend(scope: str, who: str) -> Spent | None:
    """Take one request out of a caller's bucket and refuse with Throttled when it is empty.

    `who` is an id, an address or the hash of what was typed; it never is a secret. Returns None
    where the limit is not known and the scope fails open; refuses with LimitsUnavailable where it
    fails closed. Every call counts, also that of a request which is refused later for another
    reason. A copy of a request takes nothing from whoever sent the request itself: copies have
    buckets of their own, because anybody can say that theirs is one.
    """
    limit = limit_of(scope)
    if context.current().is_copy:
        who = f"copy:{who}"
    cost = limit.seconds * 1_000_000 // limit.quota
    try:
        answer = valkey.client().eval(
            _SPEND, 1, f"limit:{scope}:{who}", str(cost), str(limit.quota)
        )
    except valkey.FAILURES as error:
        _without_knowing(scope, limit, error)
        return None
    allowed, remaining, wait, full = (int(number) for number in answer)
    spent = Spent(bool(allowed), remaining, ceil(wait / 1_000_000), ceil(full / 1_000_000))
    if not allowed:
        _refused.labels(scope).inc()
        raise Throttled(limit=scope, retry_after=max(1, spent.retry_after))
    return spent


class CallerThrottle(BaseThrottle):
    """Limits a view per principal, or per client address where nobody signed in.

    The scope is the view's `throttle_scope`, "caller" where it names none. What is left is said in
    the headers RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers).
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Return True, or refuse."""
        scope: str = getattr(view, "throttle_scope", None) or "caller"
        limit = limit_of(scope)
        view.headers["RateLimit-Policy"] = f'"{scope}";q={limit.quota};w={limit.seconds}'
        if getattr(request, SPENDS_NOTHING, False):
            return True
        try:
            spent = spend(scope, _who(request))
        except Throttled as refusal:
            view.headers["RateLimit"] = f'"{scope}";r=0;t={refusal.facts["retry_after"]}'
            raise
        if spent is not None:
            view.headers["RateLimit"] = f'"{scope}";r={spent.remaining};t={spent.full_after}'
        return True


def _who(request: Request) -> str:
    principal: object = request.user
    if isinstance(principal, Principal):
        return f"user:{principal.user_id}"
    return f"address:{network_of(client_address(request))}"


def _without_knowing(scope: str, limit: Limit, error: Exception) -> None:
    _unlimited.labels(scope, limit.fails).inc()
    log.error(
        "http.throttles.unavailable", scope=scope, fails=limit.fails, error=type(error).__name__
    )
    if limit.fails == "closed":
        raise LimitsUnavailable(retry_after=1)
