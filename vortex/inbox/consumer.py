"""One context's consumer: what it polls is handled in the order of each key, once.

Killed at any point, whatever it had not acknowledged comes again, and what had been handled is
remembered beside its effect. A key on which a handler fails waits, then is parked; the keys around
it flow.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError

from vortex.broker import Broker, BrokerUnavailable, Delivery, Subscription
from vortex.db import Moved, owned_elsewhere
from vortex.inbox import bookkeeping, parked
from vortex.inbox.handling import handle
from vortex.inbox.heard import Heard, Place, understand
from vortex.inbox.registry import Handler, handlers_by_type, topics
from vortex.telemetry import get_logger

LIMIT: Final = 500
HELD_AT_MOST: Final = 5_000  # messages behind failing keys, before nothing more is polled
BACKOFF_SECONDS: Final = (0.1, 0.5, 2.0, 8.0)
DEATHS: Final = 5  # of processes in which a message was the one begun last

log = get_logger("inbox.consumer")


class DatabaseAway(Exception):  # noqa: N818 - a state of the world
    """The context's database does not answer, or the context has moved: nobody's failure."""


@dataclass
class _Held:
    """A key that waits for its next attempt, with its messages in order."""

    waiting: list[Heard] = field(default_factory=list)
    failures: int = 0
    due_at: float = 0.0


class Consumer:
    """Handles what a context hears. Not shared between threads."""

    def __init__(
        self,
        context: str,
        broker: Broker,
        name: str,
        *,
        backoff: Sequence[float] = BACKOFF_SECONDS,
    ) -> None:
        self.context = context
        self.topics = topics(context)
        self._broker = broker
        self._name = name
        self._backoff = tuple(backoff)
        self._handlers = handlers_by_type(context)
        self._subscription: Subscription | None = None
        self._held: dict[Place, _Held] = {}
        self._batches: dict[Handler, list[Heard]] = defaultdict(list)

    def step(self, timeout: float) -> int:
        """Handle what has come, waiting up to `timeout` seconds for it; return how much came.

        Raises BrokerUnavailable or DatabaseAway with nothing lost; what is open comes again.
        """
        try:
            deliveries = self._poll(timeout)
            if deliveries:
                self._receive(deliveries)
            self._retry_due()
        except (BrokerUnavailable, DatabaseAway):
            self.stop()
            raise
        return len(deliveries)

    @property
    def idle(self) -> bool:
        """Say whether no key waits for another attempt."""
        return not self._held

    def stop(self) -> None:
        """Give the place in the group up; what is open comes again, to whoever takes over."""
        self._held.clear()
        self._batches.clear()
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    @property
    def _place(self) -> Subscription:
        if self._subscription is None:
            self._subscription = self._broker.subscribe(
                group=self.context, topics=self.topics, consumer=self._name
            )
        return self._subscription

    def _poll(self, timeout: float) -> list[Delivery]:
        if self._held:
            soonest = min(held.due_at for held in self._held.values())
            timeout = min(timeout, max(0.0, soonest - time.monotonic()))
        full = sum(len(held.waiting) for held in self._held.values()) >= HELD_AT_MOST
        deliveries = [] if full else self._place.poll(limit=LIMIT, timeout=timeout)
        if full:
            self._place.keep()
        self._forget_lost()
        return deliveries

    def _forget_lost(self) -> None:
        """Let go of messages whose shard another consumer reads by now; it gets them too."""
        for place, held in list(self._held.items()):
            held.waiting = [h for h in held.waiting if self._place.holds(h.delivery)]
            if not held.waiting:
                del self._held[place]

    def _receive(self, deliveries: Iterable[Delivery]) -> None:
        heard = [understand(delivery, self._handlers) for delivery in deliveries]
        with _database():
            bookkeeping.advance(self.context, heard)
            parked_places = bookkeeping.parked_places(self.context, [h.place for h in heard])
        done: list[Heard] = []
        for message in heard:
            if message.delivery.again:
                self._flush(done)
            self._route(message, parked_places, done)
        self._flush(done)
        self._ack(done)

    def _route(self, message: Heard, parked_places: set[Place], done: list[Heard]) -> None:
        if message.place in parked_places and self._park_behind(message):
            done.append(message)
        elif message.place in self._held:
            self._held[message.place].waiting.append(message)
        elif message.problem:
            self._flush_place(message, done)
            self._hold(message, message.problem, done, final=True)
        elif not message.handlers:
            done.append(message)
        elif message.delivery.again:
            self._handle_again(message, done)
        else:
            self._handle_fresh(message, done)

    def _handle_fresh(self, message: Heard, done: list[Heard]) -> None:
        """Put a message with others of the same handlers, and handle those once they are enough."""
        self._flush_place(message, done)
        if message.place in self._held:
            self._held[message.place].waiting.append(message)
            return
        for handler in message.handlers:
            self._batches[handler].append(message)
        if any(len(self._batches[handler]) >= handler.together for handler in message.handlers):
            self._flush(done)

    def _handle_again(self, message: Heard, done: list[Heard]) -> None:
        """Handle a message that came before, by itself: it may be what killed a process."""
        with _database():
            begun = bookkeeping.begin_again(self.context, message)
        if begun > DEATHS:
            self._hold(message, f"{DEATHS} processes died handling it", done, final=True)
        else:
            self._handle(message, done)
        self._ack(done)
        done.clear()

    def _handle(self, message: Heard, done: list[Heard]) -> bool:
        self._place.keep()
        for handler in message.handlers:
            problem = self._try(handler, [message])
            if problem:
                self._hold(message, problem, done, consumer=handler.name)
                return False
        done.append(message)
        return True

    def _try(self, handler: Handler, heard: list[Heard]) -> str:
        """Run a handler; return why it failed, "" where it did not."""
        try:
            with _database():
                handle(handler, heard)
        except (BrokerUnavailable, DatabaseAway):
            raise
        except Exception as error:
            log.warning(
                "inbox.handler.failed",
                consumer=handler.name,
                event_ids=[message.envelope.id for message in heard[:10]],
                exc_info=True,
            )
            return f"{type(error).__name__}: {error}"
        return ""

    def _flush_place(self, message: Heard, done: list[Heard]) -> None:
        """Finish earlier events of this key that other handlers' batches still hold."""
        for handler, heard in self._batches.items():
            if handler in message.handlers:
                continue
            if any(earlier.place == message.place for earlier in heard):
                self._flush(done)
                return

    def _flush(self, done: list[Heard]) -> None:
        """Handle what was put together; where that fails, its events are handled one by one."""
        batches, together = dict(self._batches), dict[int, Heard]()
        self._batches.clear()
        failures: dict[str, str] = {}
        for handler, heard in batches.items():
            self._place.keep()
            together |= {id(message): message for message in heard}
            if problem := self._try(handler, heard):
                failures[handler.name] = problem
        if not failures:
            done += together.values()
        elif len(together) == 1:
            (message,), (consumer, *_) = together.values(), failures
            self._hold(message, failures[consumer], done, consumer=consumer)
        else:
            self._handle_apart(list(together.values()), done)

    def _handle_apart(self, heard: Sequence[Heard], done: list[Heard]) -> None:
        for message in heard:
            if message.place in self._held:
                self._held[message.place].waiting.append(message)
            else:
                self._handle(message, done)

    def _hold(
        self,
        message: Heard,
        reason: str,
        done: list[Heard],
        *,
        consumer: str = "",
        final: bool = False,
    ) -> None:
        """Let a key wait for its next attempt, or park it after the last one."""
        held = self._held.setdefault(message.place, _Held(waiting=[message]))
        held.failures += 1
        if not final and held.failures <= len(self._backoff):
            held.due_at = time.monotonic() + self._backoff[held.failures - 1]
            return
        del self._held[message.place]
        with _database():
            parked.park(
                self.context,
                held.waiting,
                reason=reason,
                consumer=consumer,
                attempts=held.failures,
            )
        done += held.waiting

    def _park_behind(self, message: Heard) -> bool:
        with _database():
            return parked.park_behind(self.context, message)

    def _retry_due(self) -> None:
        for place, held in list(self._held.items()):
            if held.due_at > time.monotonic():
                continue
            done: list[Heard] = []
            while self._held.get(place) is held and held.waiting:
                if not self._handle(held.waiting[0], done):
                    break
                held.waiting.pop(0)
                held.failures = 0
            if not held.waiting:
                self._held.pop(place, None)
            self._ack(done)

    def _ack(self, done: Sequence[Heard]) -> None:
        self._place.ack([message.delivery for message in done])


class _database:  # noqa: N801 - reads as the statement that it is used as
    """Tell a database that is away, or a context that has moved, from a handler that fails."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Moved):
            raise DatabaseAway(str(error)) from error
        if isinstance(error, DatabaseError) and owned_elsewhere(error):
            raise DatabaseAway(str(error)) from error
        if isinstance(error, OperationalError | InterfaceError) and _is_away(error):
            raise DatabaseAway(str(error)) from error


def _is_away(error: Exception) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "53", "57P"))
