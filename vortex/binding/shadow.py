"""Asking two deployments the same question, and answering from one: what a move is judged by.

The caller gets the answer of the side that owns the data, and does not wait for the other one. Each
answer that differs is asked for again on both sides: what differs between two answers of the *same*
side is noise of this operation (a clock, an id of a request) and is masked from then on, and what
replication had not brought yet is there by then. What still differs is a difference.
"""

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from vortex import valkey
from vortex.contracts import Operation
from vortex.errors import Refusal
from vortex.telemetry.logs import get_logger
from vortex.telemetry.metrics import counter

WAITING: Final = 32  # comparisons at once; beyond that, calls are not shadowed
_TRIES: Final = 4
_PAUSE_SECONDS: Final = 0.1
_PLACES: Final = 10  # of one answer that are told

Ask = Callable[[], Any]

log = get_logger("binding.shadow")
_compared = counter(
    "vortex_shadow_total",
    "Calls asked twice; the outcome is `same`, `differs`, `failed` or `skipped`",
    ("operation", "outcome"),
)
_noise: dict[str, set[str]] = {}
_places = threading.BoundedSemaphore(WAITING)
_pool = ThreadPoolExecutor(2, thread_name_prefix="shadow")


def compare_later(operation: Operation, answer: Any, ours: Ask, theirs: Ask) -> None:
    """Compare our answer with theirs, in the background; a query only, which may be asked again."""
    if not _places.acquire(blocking=False):
        _count(operation, "skipped")
        return
    context = contextvars.copy_context()
    _pool.submit(context.run, _compare, operation, answer, ours, theirs)


def counts(context: str) -> dict[str, int]:
    """Return how many shadowed calls of a context ended how, in all processes, and what differed.

    A name that begins with `at ` is an operation and a place in its answer.
    """
    found = valkey.client().hgetall(key_of(context))
    return {_text(name): int(number) for name, number in found.items()}


def forget(context: str) -> None:
    """Begin to count anew."""
    valkey.client().delete(key_of(context))


def _compare(operation: Operation, answer: Any, ours: Ask, theirs: Ask) -> None:
    try:
        outcome = _outcome(operation, answer, ours, theirs)
    except Exception:
        log.warning("binding.shadow.failed", operation=operation.path, exc_info=True)
        outcome = "failed"
    finally:
        _places.release()
    _count(operation, outcome)


def _outcome(operation: Operation, answer: Any, ours: Ask, theirs: Ask) -> str:
    mask = _noise.setdefault(operation.path, set())
    here, left = _plain(answer), set[str]()
    for attempt in range(_TRIES):
        if attempt:
            threading.Event().wait(_PAUSE_SECONDS)
            again = _plain(_said(ours))
            mask |= set(differing(here, again))
            here = again
        there = _plain(_said(theirs))
        left = set(differing(here, there)) - mask
        if not left:
            return "same"
    log.error("binding.shadow.differs", operation=operation.path, at=sorted(left)[:_PLACES])
    for place in sorted(left)[:_PLACES]:
        _add(operation.context, f"at {operation.path} {place or '/'}")
    return "differs"


def differing(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Yield the places at which two plain values differ; items of a list share one place."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            yield from differing(one.get(name), other.get(name), f"{at}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from differing(left, right, f"{at}/*")
    elif one != other:
        yield at


def _said(ask: Ask) -> Any:
    """Return an answer; a refusal is one, told by its code."""
    try:
        return ask()
    except Refusal as refusal:
        return {"refused": refusal.code}


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _count(operation: Operation, outcome: str) -> None:
    _compared.labels(operation.path, outcome).inc()
    _add(operation.context, outcome)


def _add(context: str, what: str) -> None:
    try:
        valkey.client().hincrby(key_of(context), what, 1)
    except valkey.FAILURES:
        log.warning("binding.shadow.not_counted", context=context)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def key_of(context: str) -> str:
    """Return the key in Valkey under which a context's comparisons are counted."""
    return f"shadow:{context}"
