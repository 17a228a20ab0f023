"""A circuit breaker per operation of a callee, so that a dead callee costs its callers nothing.

pybreaker holds its lock for as long as a guarded call runs, which would send calls one after the
other. So the call runs outside: its outcome is reported afterwards, and the lock is held for the
counting only. What that leaves to do here is to let one trial through while the circuit is open.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import pybreaker

from vortex.clock import now
from vortex.errors import Unavailable
from vortex.rpc import metrics
from vortex.telemetry.logs import get_logger

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 5.0

log = get_logger("rpc.breaker")


class CircuitOpen(Unavailable, code="circuit_open", title="Not tried"):
    """The callee failed several times in a row a moment ago; the call was not sent."""


class CalleeFailed(Exception):  # noqa: N818 - it carries the refusal that the caller will get
    """An attempt failed in a way that says something about the callee's health."""

    def __init__(self, refusal: Unavailable, *, may_retry: bool) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.may_retry = may_retry


class Breaker:
    """Opens after five failures in a row; five seconds later, one call at a time tries again."""

    def __init__(self, operation: str, *, open_seconds: float = OPEN_SECONDS) -> None:
        self._operation = operation
        self._open_for = timedelta(seconds=open_seconds)
        self._storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=FAILURES_TO_OPEN,
            reset_timeout=open_seconds,
            state_storage=self._storage,
            throw_new_error_on_trip=False,
            listeners=[_Witness(operation)],
        )
        self._trial = threading.Lock()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Run one attempt: CalleeFailed counts as a failure, every other ending as a success.

        Refuses with CircuitOpen, without running the block, while the circuit is open.
        """
        is_trial = self._admit()
        try:
            yield
        except CalleeFailed as failure:
            self._report(_raise, failure)
            raise
        except BaseException:
            self._report(_nothing)
            raise
        else:
            self._report(_nothing)
        finally:
            if is_trial:
                self._trial.release()

    def _admit(self) -> bool:
        if self._storage.state == pybreaker.STATE_CLOSED:
            return False
        opened_at = self._storage.opened_at
        rested = opened_at is not None and now() >= opened_at + self._open_for
        if rested and self._trial.acquire(blocking=False):
            return True
        raise CircuitOpen(operation=self._operation)

    def _report(self, outcome: Any, *arguments: Any) -> None:
        # A result that comes in late, while the circuit is open and resting, changes nothing.
        with suppress(CalleeFailed, pybreaker.CircuitBreakerError):
            self._circuit.call(outcome, *arguments)


class _Witness(pybreaker.CircuitBreakerListener):
    """Tells metrics and logs when a circuit opens and closes."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def state_change(self, _circuit: Any, _old: Any, new: Any) -> None:
        """Record the new state."""
        metrics.breaker_open.labels(self._operation).set(new.name != pybreaker.STATE_CLOSED)
        log.warning("rpc.breaker.changed", operation=self._operation, state=new.name)


def _nothing() -> None:
    """Stand for a call that succeeded."""


def _raise(failure: CalleeFailed) -> None:
    raise failure
