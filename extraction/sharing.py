"""Sharing the reads of a context between both sides, step by step, and taking them back.

The service may answer reads as soon as it follows: before the data are its own. Each step is judged
by what both sides answered meanwhile, so the measure is the other side at the same time and not a
number from a good day.
"""

import time
from dataclasses import dataclass
from threading import Event

import redis

from extraction import links
from extraction.failures import NotNow, Stop
from extraction.links import Link
from extraction.moving import Move
from extraction.places import Bank
from extraction.topology import share
from vortex.binding.shadow import key_of as shadow_key_of
from vortex.http.shares import BOUNDS_MS, key_of
from vortex.topology.routes import Route

STEPS = (1, 10, 50, 100)
# A side is worse when it fails this much more often, or when its slow answers take that much more.
MORE_FAILURES = 0.01
SLOWER_TIMES, SLOWER_MS = 2, 50
_ENOUGH = 20
_LAG_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Side:
    """What one side answered during a step."""

    answered: int
    failed: int
    p95_ms: int

    @property
    def failure_rate(self) -> float:
        """The share of answers that were failures of ours."""
        return self.failed / self.answered if self.answered else 0.0


def set_share(move: Move, percent: int) -> None:
    """Send a share of the people's reads to the service; 0 takes all of them back."""
    if percent:
        require_following(move)
    share(move.source.topology, move.name, split(move, percent))
    share(move.target.topology, move.name, _back(move))


def set_shadow(move: Move) -> None:
    """Have every question between contexts answered by both sides from now on, and compared."""
    require_following(move)
    with cache_of(move.bank) as cache:
        cache.delete(shadow_key_of(move.name))
    share(move.source.topology, move.name, Route("shadow", move.target.url))
    share(move.target.topology, move.name, _back(move))


def let_others_share(move: Move, *, seconds: float) -> dict[str, object]:
    """Let the service answer the reads that a gateway of others sends to it, and judge it.

    The owner's door shares nothing then, and only makes known who writes.
    """
    require_following(move)
    share(move.source.topology, move.name, Route("split", move.target.url, 0))
    share(move.target.topology, move.name, Route("reads", move.source.url))
    try:
        here, there = _measure(move, seconds)
        trouble = judge(here, there)
        require_following(move)
    except BaseException:
        set_share(move, 0)
        raise
    if trouble:
        set_share(move, 0)
        raise NotNow(f"While others gave the shares {trouble}. The service hands all reads back.")
    move.terminal.say(
        f"{move.target.name} answers the reads that reach it ({there.answered} in {seconds:g} s,"
        f" {there.failure_rate:.1%} failed, p95 {there.p95_ms} ms;"
        f" {move.source.name}: {here.answered}, p95 {here.p95_ms} ms)."
    )
    return {"here": str(here), "there": str(there)}


def _back(move: Move) -> Route:
    """Return the route of a service that answers nothing by itself."""
    return Route("remote", move.source.url)


def compared(move: Move) -> dict[str, int]:
    """Return how many answers of both sides were the same and how many not, and where they part."""
    return counted(move.bank, shadow_key_of(move.name))


def split(move: Move, percent: int) -> Route:
    """Return the route that shares the reads."""
    return Route("split", move.target.url, percent) if percent else Route()


def promote(move: Move, *, seconds: float) -> dict[str, object]:
    """Go up the steps while the service does no worse; go back to nothing where it does."""
    steps: list[dict[str, object]] = []
    for percent in STEPS:
        set_share(move, percent)
        try:
            here, there = _measure(move, seconds)
            trouble = judge(here, there)
            require_following(move)
        except BaseException:
            set_share(move, 0)
            raise
        steps.append({"percent": percent, "here": str(here), "there": str(there)})
        move.terminal.say(
            f"  {percent:>3} %  service: {there.answered} answers, {there.failure_rate:.1%} failed,"
            f" p95 {there.p95_ms} ms; monolith: {here.answered}, p95 {here.p95_ms} ms"
        )
        if trouble:
            set_share(move, 0)
            raise NotNow(f"At {percent} % {trouble}. All reads are back in {move.source.name}.")
    return {"steps": steps, "percent": STEPS[-1]}


def judge(here: Side, there: Side) -> str:
    """Say in what way the service is worse than the monolith, "" where it is not."""
    if there.answered < _ENOUGH:
        return ""  # too few people to tell; the next step has more
    if there.failure_rate > here.failure_rate + MORE_FAILURES:
        return f"the service failed {there.failure_rate:.1%} of the reads"
    limit = max(here.p95_ms * SLOWER_TIMES, SLOWER_MS) if here.answered >= _ENOUGH else None
    if limit is not None and there.p95_ms > limit:
        return f"95 of 100 answers took up to {there.p95_ms} ms, in the monolith {here.p95_ms} ms"
    return ""


def require_following(move: Move) -> None:
    """Refuse where the service does not follow the monolith."""
    link = Link(move.name, move.source, move.target)
    found = links.health(link, move.from_, move.to)
    if not found.working or found.behind_bytes > _LAG_BYTES:
        raise Stop(
            f"{move.target.name} does not follow {move.source.name} (slot {found.slot},"
            f" {found.behind_bytes} bytes behind): run `move {move.name} --until copy` first."
        )


def _measure(move: Move, seconds: float) -> tuple[Side, Side]:
    before = counted(move.bank, key_of(move.name))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        Event().wait(0.2)
    after = counted(move.bank, key_of(move.name))
    grown = {name: after[name] - before.get(name, 0) for name in after}
    return _side(grown, "here"), _side(grown, "there")


def counted(bank: Bank, key: str) -> dict[str, int]:
    """Return what the bank's processes have counted under a key, by its name."""
    with cache_of(bank) as cache:
        found = cache.hgetall(key)
    return {_text(name): int(number) for name, number in found.items()}


def cache_of(bank: Bank) -> "redis.Redis":
    """Return a connection to where the bank's processes leave counts."""
    return redis.Redis.from_url(bank.cache_url, socket_timeout=5)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _side(counts: dict[str, int], side: str) -> Side:
    answered = counts.get(f"{side}:answered", 0)
    seen, p95 = 0, 0
    for bound in BOUNDS_MS:
        seen += counts.get(f"{side}:le:{bound}", 0)
        if answered and seen >= answered * 0.95:
            p95 = bound
            break
    return Side(answered, counts.get(f"{side}:failed", 0), p95)
