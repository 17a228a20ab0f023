"""Waking the relay after a commit: a lossy hint over Valkey, one per process and few milliseconds.

Nothing depends on a hint. A relay that misses all of them finds the rows by polling.
"""

import os
import threading
from collections.abc import Callable
from typing import Final

import redis
from django.conf import settings

CHANNEL: Final = "vortex:outbox:poke"
_APART_SECONDS: Final = 0.005
_SILENCE_SECONDS: Final = 5.0  # after Valkey did not answer


def poke(context: str) -> None:
    """Tell the relays, soon, that this context has published. Never blocks and never fails."""
    _Poker.here().poke(context)


class _Poker:
    """One thread per process that sends the hints, so that no request waits for Valkey."""

    _instance: "_Poker | None" = None
    _making = threading.Lock()

    def __init__(self) -> None:
        self.process = os.getpid()
        self._waiting: set[str] = set()
        self._changed = threading.Event()
        self._never = threading.Event()
        threading.Thread(target=self._run, name="outbox-poke", daemon=True).start()

    @classmethod
    def here(cls) -> "_Poker":
        """Return this process's poker; a fork inherits the object and not its thread."""
        found = cls._instance
        if found is None or found.process != os.getpid():
            with cls._making:
                found = cls._instance
                if found is None or found.process != os.getpid():
                    found = cls._instance = cls()
        return found

    def poke(self, context: str) -> None:
        self._waiting.add(context)
        self._changed.set()

    def _run(self) -> None:
        client = redis.Redis.from_url(
            settings.VORTEX_CACHE_URL, socket_timeout=1.0, socket_connect_timeout=1.0
        )
        while True:
            self._changed.wait()
            self._changed.clear()
            pause = _APART_SECONDS
            try:
                while self._waiting:
                    client.publish(CHANNEL, self._waiting.pop())
            except (redis.RedisError, OSError, KeyError):
                pause = _SILENCE_SECONDS
            self._never.wait(pause)


def listen(heard: Callable[[str], None], stopped: threading.Event) -> None:
    """Call `heard` with a context's name for every hint, until `stopped` is set.

    Where Valkey is away it tries again every second; the caller polls meanwhile.
    """
    while not stopped.is_set():
        try:
            _listen_once(heard, stopped)
        except (redis.RedisError, OSError):
            stopped.wait(1.0)


def _listen_once(heard: Callable[[str], None], stopped: threading.Event) -> None:
    # redis-py gives up on a silent socket after five seconds unless told otherwise.
    client = redis.Redis.from_url(settings.VORTEX_CACHE_URL, socket_timeout=None)
    with client, client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(CHANNEL)
        while not stopped.is_set():
            message = channel.get_message(timeout=1.0)
            if message is not None:
                heard(message["data"].decode())
