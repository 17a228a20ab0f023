"""The relay process: a thread per context, woken by hints and by its own impatience."""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from vortex.broker import Broker, BrokerUnavailable
from vortex.db import Moved, alias_of, owned_elsewhere, owns
from vortex.ids import new_id
from vortex.outbox import retention
from vortex.outbox.courier import Courier
from vortex.outbox.wake import listen
from vortex.telemetry import get_logger
from vortex.telemetry.heartbeat import beat

SHORTEST_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 2.0
_PATIENCE_GROWS: Final = 1.5
_TROUBLE_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_ELSEWHERE_SECONDS: Final = 0.1  # between two looks at who owns the data
_TRIM_SECONDS: Final = 2.0
_TRIM_ROUNDS: Final = 30  # after the last message, while the consumers catch up
_BEAT_SECONDS: Final = 5.0

T = TypeVar("T")

log = get_logger("outbox.relay")


def new_owner() -> str:
    """Return a name for this process that no other process has or had."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"


class Relay:
    """Delivers the messages of several contexts until it is stopped."""

    def __init__(
        self, contexts: Sequence[str], broker: Broker, *, lease_seconds: float = 10.0
    ) -> None:
        self._contexts = tuple(contexts)
        self._broker = broker
        self._lease_seconds = lease_seconds
        self._owner = new_owner()
        self._stopped = threading.Event()
        self._woken = {context: threading.Event() for context in contexts}
        self._moved = threading.Event()
        self._failed = False

    def run(self) -> None:
        """Work until `stop` is called, and finish the rounds that have begun.

        A bug in one context's thread ends the process with an error: whoever supervises it sees it.
        """
        workers = [
            threading.Thread(target=self._guarded, args=(context,), name=f"relay-{context}")
            for context in self._contexts
        ]
        helpers = [
            threading.Thread(target=listen, args=(self._hear, self._stopped), daemon=True),
            threading.Thread(target=self._trim, daemon=True),
        ]
        for thread in (*workers, *helpers):
            thread.start()
        log.info("outbox.relay.started", contexts=self._contexts, owner=self._owner)
        while not self._stopped.is_set():
            beat("relay")
            self._stopped.wait(_BEAT_SECONDS)
        for thread in workers:
            thread.join()
        log.info("outbox.relay.stopped", owner=self._owner)
        if self._failed:
            raise SystemExit(1)

    def drain(self) -> int:
        """Deliver what waits now, without waiting for more; return how many messages left."""
        moved = 0
        for context in self._contexts:
            courier = self._courier(context)
            while step := courier.step():
                moved += step
            courier.stop()
        return moved

    def stop(self) -> None:
        """Ask every thread to finish; safe to call from a signal handler."""
        self._stopped.set()
        for woken in self._woken.values():
            woken.set()

    def _courier(self, context: str) -> Courier:
        return Courier(context, self._broker, self._owner, lease_seconds=self._lease_seconds)

    def _hear(self, context: str) -> None:
        woken = self._woken.get(context)
        if woken is not None:
            woken.set()

    def _guarded(self, context: str) -> None:
        try:
            self._deliver(context)
        except BaseException:
            log.exception("outbox.relay.broken", context=context)
            self._failed = True
            self.stop()
        finally:
            connections[alias_of(context)].close()

    def _deliver(self, context: str) -> None:
        _attempt(lambda: retention.prepare(context), context)
        courier = self._courier(context)
        pause, troubles, looked_at = SHORTEST_SECONDS, 0, float("-inf")
        while not self._stopped.is_set():
            if time.monotonic() > looked_at + _ELSEWHERE_SECONDS:
                if not self._await_ownership(context):
                    break
                looked_at = time.monotonic()
            moved = _attempt(courier.step, context)
            if moved is None:
                self._stopped.wait(_TROUBLE_SECONDS[min(troubles, len(_TROUBLE_SECONDS) - 1)])
                troubles += 1
                continue
            troubles = 0
            pause = self._rest(context, moved, pause)
        if _attempt(lambda: owns(context), context):
            _attempt(courier.stop, context)

    def _rest(self, context: str, moved: int, pause: float) -> float:
        """Wait where nothing moved; return for how long to wait the next time."""
        if moved:
            self._moved.set()
            return SHORTEST_SECONDS
        woken = self._woken[context]
        if woken.wait(pause):
            woken.clear()
            return SHORTEST_SECONDS
        return min(pause * _PATIENCE_GROWS, LONGEST_SECONDS)

    def _await_ownership(self, context: str) -> bool:
        """Wait until this deployment owns the context's data; False where we are stopped first.

        What waits in the outbox of a context that has moved is its new owner's to deliver.
        """
        while not self._stopped.is_set():
            if _attempt(lambda: owns(context), context):
                return True
            self._stopped.wait(_ELSEWHERE_SECONDS)
        return False

    def _trim(self) -> None:
        """Let the broker forget what all have acknowledged, while there is something to forget."""
        if not self._broker.capabilities.trims:
            return
        while not self._stopped.is_set():
            self._moved.wait()
            self._moved.clear()
            for _ in range(_TRIM_ROUNDS):
                if self._stopped.wait(_TRIM_SECONDS):
                    return
                try:
                    self._broker.trim(settings.VORTEX_TOPICS)
                except BrokerUnavailable:
                    log.warning("outbox.broker.not_trimmed")
                if self._moved.is_set():
                    break


def _attempt(work: Callable[[], T], context: str) -> T | None:
    """Do the work and return its answer; None where broker, database or the data are away."""
    try:
        return work()
    except Moved:
        return None
    except BrokerUnavailable as error:
        log.warning("outbox.broker.unavailable", context=context, error=str(error))
    except (DatabaseError, InterfaceError) as error:
        if owned_elsewhere(error):  # it moved between two looks
            return None
        log.warning("outbox.database.unavailable", context=context, error=str(error))
        connections[alias_of(context)].close()
    return None
