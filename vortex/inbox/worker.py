"""The consumer process: a thread per context that hears something."""

import contextlib
import itertools
import threading
from collections.abc import Sequence
from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from vortex.broker import Broker, BrokerUnavailable
from vortex.db import Moved, alias_of, owns
from vortex.inbox import retention
from vortex.inbox.consumer import LIMIT, Consumer, DatabaseAway
from vortex.inbox.registry import topics
from vortex.telemetry import get_logger
from vortex.telemetry.heartbeat import beat
from vortex.telemetry.metrics import gauge

_POLL_SECONDS: Final = 1.0
_ELSEWHERE_SECONDS: Final = 0.1  # between two looks at who owns the data
_TROUBLE_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_BUSY: Final = range(20, LIMIT // 2)  # events at once: it pays to let more gather
_GATHER_SECONDS: Final = 0.05
_BEAT_SECONDS: Final = 5.0
_BEATS_PER_MEASUREMENT: Final = 3

log = get_logger("inbox.consumer")
lag_events = gauge("vortex_inbox_lag_events", "Events not acknowledged yet.", ("context",))


class Worker:
    """Consumes for several contexts until it is stopped; those that hear nothing are left out."""

    def __init__(self, contexts: Sequence[str], broker: Broker, *, name: str) -> None:
        self.contexts = tuple(context for context in contexts if topics(context))
        self._broker = broker
        self._name = name
        self._stopped = threading.Event()
        self._failed = False

    def prepare(self) -> None:
        """Make the groups known, so that what is published from now on waits for them."""
        for context in self.contexts:
            self._broker.prepare(group=context, topics=topics(context))

    def run(self) -> None:
        """Work until `stop` is called, and finish the events that have begun.

        A bug in one context's thread ends the process with an error: whoever supervises it sees it.
        """
        workers = [
            threading.Thread(target=self._guarded, args=(context,), name=f"consumer-{context}")
            for context in self.contexts
        ]
        for thread in workers:
            thread.start()
        log.info("inbox.consumer.started", contexts=self.contexts, name=self._name)
        for beats in itertools.count():
            beat("consumer")
            if beats % _BEATS_PER_MEASUREMENT == 0:
                self._measure()
            if self._stopped.wait(_BEAT_SECONDS):
                break
        for thread in workers:
            thread.join()
        log.info("inbox.consumer.stopped", name=self._name)
        if self._failed:
            raise SystemExit(1)

    def drain(self) -> int:
        """Handle what waits now, without waiting for more; return how many deliveries came."""
        came = 0
        for context in self.contexts:
            consumer = Consumer(context, self._broker, self._name)
            while not self._stopped.is_set():
                came += consumer.step(0.2)
                if consumer.idle and not self._lag(context):
                    break
            consumer.stop()
        return came

    def stop(self) -> None:
        """Ask every thread to finish; safe to call from a signal handler."""
        self._stopped.set()

    def _guarded(self, context: str) -> None:
        try:
            self._consume(context)
        except BaseException:
            log.exception("inbox.consumer.broken", context=context)
            self._failed = True
            self.stop()
        finally:
            connections[alias_of(context)].close()

    def _consume(self, context: str) -> None:
        consumer = Consumer(context, self._broker, f"{self._name}:{context}")
        with contextlib.suppress(
            DatabaseError, InterfaceError, Moved
        ):  # the default partition will do
            retention.prepare(context)
        troubles = 0
        while not self._stopped.is_set():
            try:
                if owns(context):
                    if consumer.step(_POLL_SECONDS) in _BUSY:
                        self._stopped.wait(_GATHER_SECONDS)
                else:  # whoever owns the data consumes: two in one group would take turns
                    consumer.stop()
                    self._stopped.wait(_ELSEWHERE_SECONDS)
                troubles = 0
            except (BrokerUnavailable, DatabaseAway, OperationalError, InterfaceError) as trouble:
                log.warning("inbox.consumer.waiting", context=context, error=str(trouble))
                connections[alias_of(context)].close()
                self._stopped.wait(_TROUBLE_SECONDS[min(troubles, len(_TROUBLE_SECONDS) - 1)])
                troubles += 1
        consumer.stop()

    def _measure(self) -> None:
        for context in self.contexts:
            try:
                lag_events.labels(context).set(self._lag(context))
            except BrokerUnavailable:
                return

    def _lag(self, context: str) -> int:
        return self._broker.lag(group=context, topics=topics(context))
