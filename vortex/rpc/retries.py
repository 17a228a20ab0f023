"""When a call may be tried again: a budget for each callee, and waits that spread callers apart."""

import random
import threading
from typing import Final

MAX_ATTEMPTS: Final = 3
_BASE_SECONDS: Final = 0.025
_CAP_SECONDS: Final = 0.25


class RetryBudget:
    """Retries are paid by calls, ten calls for one, so that they never add more than a tenth.

    A callee in trouble is not buried by its callers' retries. `reserve` retries are in the budget
    at the start and at most, so that a quiet caller may still retry.
    """

    def __init__(self, *, ratio: float = 0.1, reserve: float = 10.0) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._balance = reserve
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Pay in for one call."""
        with self._lock:
            self._balance = min(self._reserve, self._balance + self._ratio)

    def spend(self) -> bool:
        """Take out one retry; return False where the budget does not hold one."""
        with self._lock:
            if self._balance < 1:
                return False
            self._balance -= 1
            return True


def wait_seconds(attempt: int) -> float:
    """Return how long to wait after a failed attempt, counted from 1: full jitter.

    Drawn evenly between nothing and a bound that doubles with each attempt; the randomness is what
    keeps callers that failed together from coming back together.
    """
    bound = min(_CAP_SECONDS, _BASE_SECONDS * 2 ** (attempt - 1))
    return random.uniform(0, bound)  # noqa: S311 - it spreads load and guards nothing
