"""Putting the movements of a day into the order in which a bank's running balance was reached.

A bank that prints the balance after each movement has told the order, even where its file has lost
it: each movement leads from one balance to the next, so that an order is a walk over all of them.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_STATES: Final = 200_000


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A movement and the balance after it, in minor units."""

    amount_minor: int
    balance_minor: int


class NoOrderError(ValueError):
    """No order of the movements reaches their balances."""


def order_by_balance(
    opening_minor: int, steps: Sequence[Step], *, tolerance_minor: int
) -> tuple[int, ...]:
    """Return the positions of `steps` in the order that reproduces their balances best.

    A movement may miss the balance before it by up to the tolerance; of all orders the one with the
    smallest sum of misses is taken, and of equal ones the one nearest to the given order. Raises
    NoOrderError where there is none.

    It is Dijkstra's algorithm over (how many of each distinct step are used, last balance), deeper
    states first among equals: a day whose balances are all different is a straight line.
    """
    kinds = sorted(set(steps), key=steps.index)
    places = [[i for i, step in enumerate(steps) if step == kind] for kind in kinds]
    order = _walk(opening_minor, kinds, [len(place) for place in places], tolerance_minor)
    unused = [iter(place) for place in places]
    return tuple(next(unused[kind]) for kind in order)


_State = tuple[tuple[int, ...], int]
_Entry = tuple[int, int, int, _State]


def _walk(opening: int, kinds: Sequence[Step], counts: list[int], tolerance: int) -> list[int]:
    start: _State = (tuple(counts), opening)
    reached: dict[_State, tuple[_State, int]] = {}
    cheapest: dict[_State, int] = {start: 0}
    pushed = 0
    heap: list[_Entry] = [(0, sum(counts), pushed, start)]
    while heap:
        cost, left, _, state = heapq.heappop(heap)
        if not left:
            return _path(reached, start, state)
        if cost > cheapest[state]:
            continue
        for kind, miss, following in _next(kinds, state, tolerance):
            if cost + miss < cheapest.get(following, cost + miss + 1):
                cheapest[following] = cost + miss
                reached[following] = (state, kind)
                pushed += 1
                heapq.heappush(heap, (cost + miss, left - 1, pushed, following))
        if pushed > MOST_STATES:
            raise NoOrderError("too many movements with interchangeable balances on one day")
    raise NoOrderError("no order of the day's movements reaches the balances that it prints")


def _next(
    kinds: Sequence[Step], state: _State, tolerance: int
) -> Iterator[tuple[int, int, _State]]:
    counts, balance = state
    for kind, step in enumerate(kinds):
        miss = abs(balance + step.amount_minor - step.balance_minor)
        if counts[kind] and miss <= tolerance:
            rest = (*counts[:kind], counts[kind] - 1, *counts[kind + 1 :])
            yield kind, miss, (rest, step.balance_minor)


def _path(reached: dict[_State, tuple[_State, int]], start: _State, end: _State) -> list[int]:
    path = []
    while end != start:
        end, kind = reached[end]
        path.append(kind)
    return path[::-1]
