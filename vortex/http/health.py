"""Whether this process lives, and whether it can do its work.

Live is said without asking anybody: who is not live is restarted, and a restart mends no database.
Ready asks every part that a request needs, at most once a second whatever the number of probes, and
in a thread of its own, so that a part which hangs holds up neither the answer nor a worker.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import closing
from functools import cache
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx
import msgspec
import redis
from django.conf import settings
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse

from vortex import valkey
from vortex.clock import now
from vortex.telemetry import get_logger
from vortex.telemetry.heartbeat import QUIET_AFTER, beats
from vortex.topology.routes import current_topology

State = Literal["up", "degraded", "down"]

CACHED_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 3.0

log = get_logger("http.health")


class Part(msgspec.Struct, frozen=True):
    """One part: how it is, how long it took to say so, and whether requests can do without it."""

    name: str
    status: State
    needed: bool
    latency_ms: float
    detail: str = ""


class DegradedError(Exception):
    """The part answers, and not as it should."""


class Check(msgspec.Struct, frozen=True):
    """How a part is asked: `ask` returns, or raises DegradedError, or raises anything else."""

    name: str
    needed: bool
    ask: Callable[[], None]

    def run(self) -> Part:
        """Ask, and say how it went; no address or password of a part is ever repeated."""
        started = time.monotonic()
        status, detail = self._outcome()
        return Part(self.name, status, self.needed, _since(started), detail)

    def _outcome(self) -> tuple[State, str]:
        try:
            self.ask()
        except DegradedError as degraded:
            return "degraded", str(degraded)
        except Exception as error:  # whatever a part does wrong, the report is made
            log.warning("http.health.part_down", part=self.name, exc_info=True)
            return "down", type(error).__name__
        return "up", ""


class Readiness:
    """The state of all parts, asked at most once in a while. Safe between threads."""

    def __init__(self, checks: Callable[[], tuple[Check, ...]]) -> None:
        self._checks = checks
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._lock = threading.Lock()
        self._running: Future[tuple[Part, ...]] | None = None
        self._parts: tuple[Part, ...] = ()
        self._known_at = float("-inf")

    def parts(self) -> tuple[Part, ...]:
        """Return the parts; one that says nothing for three seconds makes all of them unknown."""
        with self._lock:
            if time.monotonic() - self._known_at < CACHED_SECONDS:
                return self._parts
            if self._running is None:
                self._running = self._pool.submit(self._ask_all)
            try:
                self._parts = self._running.result(PATIENCE_SECONDS)
                self._running = None
            except NoAnswer:
                self._parts = (Part("checks", "down", True, PATIENCE_SECONDS * 1000, "no answer"),)
            self._known_at = time.monotonic()
            return self._parts

    def _ask_all(self) -> tuple[Part, ...]:
        return tuple(check.run() for check in self._checks())


def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs."""
    del request
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every needed part is up, 503 when one is not; the body names each part."""
    del request
    parts = readiness().parts()
    failing = any(part.needed and part.status == "down" for part in parts)
    limping = any(part.status != "up" for part in parts)
    status = "unavailable" if failing else "degraded" if limping else "ready"
    body = {"status": status, "parts": [msgspec.to_builtins(part) for part in parts]}
    return JsonResponse(body, status=503 if failing else 200)


@cache
def readiness() -> Readiness:
    """Return the readiness of this process."""
    return Readiness(hosted_checks)


def hosted_checks() -> tuple[Check, ...]:
    """Return what this process stands on: the databases of its contexts, Valkey, the broker."""
    databases = tuple(
        Check(f"database:{name}", True, _asks_database(alias))
        for name, alias in settings.VORTEX_ALIASES.items()
    )
    return (
        *databases,
        Check("valkey", True, _ask_valkey),
        # Events wait in the outbox while the broker is away; requests are served all the same.
        Check("broker", False, _ask_broker),
        Check("relay", False, lambda: _ask_heartbeat("relay")),
        Check("consumer", False, lambda: _ask_heartbeat("consumer")),
        *_deployments(),
    )


def _deployments() -> tuple[Check, ...]:
    """Return one check for each other deployment that the topology names.

    What lives elsewhere is degraded where it does not answer, and no reason to be taken out: most
    requests can do without it. Only its life is asked: two that asked each other's readiness would
    ask for ever.
    """
    served: dict[str, list[str]] = {}
    for name, route in current_topology().contexts.items():
        if route.mode != "local" and route.url and name not in settings.VORTEX_HOSTED:
            served.setdefault(route.url, []).append(name)
    return tuple(
        Check(f"service:{','.join(names)}", False, _asks_deployment(url))
        for url, names in sorted(served.items())
    )


def _asks_deployment(url: str) -> Callable[[], None]:
    def ask() -> None:
        httpx.get(f"{url}/health/live", timeout=1, trust_env=False).raise_for_status()

    return ask


def _asks_database(alias: str) -> Callable[[], None]:
    def ask() -> None:
        connection = connections[alias].copy()
        connection.settings_dict["OPTIONS"]["connect_timeout"] = 2
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("select app, name from django_migrations")
            missing = _expected_migrations(alias) - set(cursor.fetchall())
        if missing:
            raise MigrationsMissingError(f"{len(missing)} migrations are not applied")

    return ask


class MigrationsMissingError(Exception):
    """The code is ahead of a database: serving it would break in the middle of a request."""


@cache
def _expected_migrations(alias: str) -> frozenset[tuple[str, str]]:
    """Return the migrations on disk that belong into a database, by (app label, name)."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(
        (label, name)
        for label, name in loader.disk_migrations
        if router.allow_migrate(alias, label)
    )


def _ask_valkey() -> None:
    valkey.client().ping()


def _ask_broker() -> None:
    url = settings.VORTEX_BROKER_URL.replace("valkey://", "redis://", 1)
    if urlsplit(url).scheme.startswith("kafka"):
        from confluent_kafka.admin import AdminClient

        AdminClient({"bootstrap.servers": urlsplit(url).netloc}).list_topics(timeout=2)
        return
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


def _ask_heartbeat(name: str) -> None:
    last = max(
        (at for known, at in beats().items() if known.partition(":")[0] == name), default=None
    )
    if last is None:
        raise DegradedError("never heard of")
    if now() - last > QUIET_AFTER:
        raise DegradedError(f"silent for {int((now() - last).total_seconds())} s")


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 2)
