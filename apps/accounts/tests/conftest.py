"""Fixtures of accounts: the contexts that it calls are fakes, everything else is real."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
import pytest
from rest_framework.test import APIClient

from apps.accounts.tests.factories import OWN
from apps.accounts.tests.fake_keeping import FakeChallenges, FakeKeeping
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from apps.auth.contracts import Challenges, Users
from apps.transactions.contracts import Ledger, LedgerAccounts
from vortex.contracts import Event, Principal
from vortex.outbox.models import Message
from vortex.testing import client_of, person, stub

E = TypeVar("E", bound=Event)


@pytest.fixture(autouse=True)
def ledger() -> Iterator[FakeLedger]:
    """The ledger that accounts talks to."""
    fake = FakeLedger()
    with stub(Ledger, fake):
        yield fake


@pytest.fixture(autouse=True)
def keeping(ledger: FakeLedger) -> Iterator[FakeKeeping]:
    """What the ledger keeps for accounts beside balances."""
    fake = FakeKeeping(ledger)
    with stub(LedgerAccounts, fake):
        yield fake


@pytest.fixture(autouse=True)
def presence() -> Iterator[FakeChallenges]:
    """Who has proved to be there lately: everybody, until a test says otherwise."""
    fake = FakeChallenges()
    with stub(Challenges, fake):
        yield fake


@pytest.fixture(autouse=True)
def users() -> Iterator[FakeUsers]:
    """The people that auth knows."""
    fake = FakeUsers()
    with stub(Users, fake):
        yield fake


@pytest.fixture
def ada() -> Principal:
    """A customer."""
    return person()


@pytest.fixture
def api(ada: Principal) -> APIClient:
    """An HTTP client that Ada has signed in with."""
    return client_of(ada)


@pytest.fixture
def published() -> Callable[[type[E]], list[E]]:
    """What this context's outbox holds of a type of event, in order."""

    def of(event: type[E]) -> list[E]:
        rows = Message.objects.using(OWN).filter(type=event.event_type)
        return [msgspec.convert(row.payload, event) for row in rows.order_by("id")]

    return of
