"""Fixtures of auth."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
import pytest
from rest_framework.test import APIClient

from apps.auth.adapters.hashing import proves
from apps.auth.models import Session, User
from apps.auth.tests.factories import OWN, a_user
from apps.auth.tests.hashers import CountingHasher
from vortex import valkey
from vortex.contracts import Event
from vortex.identity import keys, tokens
from vortex.outbox.models import Message
from vortex.testing import client_of

E = TypeVar("E", bound=Event)


@pytest.fixture(autouse=True)
def _forgotten_keys() -> Iterator[None]:
    """Every test has a database, and so signing keys, of its own: those kept in memory go."""
    keys.ring.cache_clear()
    tokens.recent.clear()
    yield
    keys.ring.cache_clear()
    tokens.recent.clear()


@pytest.fixture
def ada() -> User:
    """A registered customer."""
    return a_user()


@pytest.fixture
def api() -> APIClient:
    """An HTTP client that nobody has signed in with."""
    return client_of(None)


@pytest.fixture
def hasher(settings) -> Iterator[type[CountingHasher]]:
    """The hasher of passwords, which keeps count of its work."""
    settings.PASSWORD_HASHERS = ["apps.auth.tests.hashers.CountingHasher"]
    proves("", None)  # the made-up hash exists from now on
    CountingHasher.work.clear()
    yield CountingHasher
    CountingHasher.meanwhile = staticmethod(lambda: None)


@pytest.fixture
def closed() -> Iterator[Callable[[], list[str]]]:
    """The sessions whose sockets were told to close, each time they were."""
    with valkey.client().pubsub(ignore_subscribe_messages=True) as pokes:
        pokes.psubscribe("asgi__group__session.*")
        pokes.get_message(timeout=1)

        def told() -> list[str]:
            found = iter(lambda: pokes.get_message(timeout=0.2), None)
            named = [str(poke["channel"].decode()).partition("session.")[2] for poke in found]
            # Valkey publishes across its databases, and other workers' tests end sessions too.
            return [name for name in named if Session.objects.filter(pk=name).exists()]

        yield told


@pytest.fixture
def published() -> Callable[[type[E]], list[E]]:
    """What this context's outbox holds of a type of event, in order."""

    def of(event: type[E]) -> list[E]:
        rows = Message.objects.using(OWN).filter(type=event.event_type)
        return [msgspec.convert(row.payload, event) for row in rows.order_by("id")]

    return of
