"""The commands do what an operator expects of them, on the real broker."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from tests.kernel.messaging.processes import LISTENER, SOURCE, TOPIC, Laid, listen
from vortex.broker import broker
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.inbox import registry
from vortex.outbox import publish_many

pytestmark = pytest.mark.django_db(transaction=True, databases=[SOURCE, LISTENER])


@pytest.fixture(autouse=True)
def _a_listener() -> Iterator[None]:
    with redis.Redis.from_url(settings.VORTEX_BROKER_URL) as client:
        client.flushdb()
    listen()
    yield
    registry.forget(Laid)


def lay(*numbers: int) -> None:
    with unit_of_work(SOURCE):
        publish_many([Laid(wall="w", number=number) for number in numbers])


def handled() -> list[str]:
    with connections[LISTENER].cursor() as cursor:
        cursor.execute("select context from topology_owner order by 1")
        return [str(name) for (name,) in cursor.fetchall()]


def test_an_event_goes_from_the_outbox_to_the_handler(capsys: pytest.CaptureFixture[str]) -> None:
    lay(1, 2, 3)

    call_command("relay", "--once", "--context", SOURCE)
    call_command("consume", "--once", "--context", LISTENER)

    assert handled() == ["w/1", "w/2", "w/3"]
    said = capsys.readouterr().out
    assert "3 events left the outbox" in said
    assert "3 events came" in said


def test_a_group_that_was_prepared_waits_for_what_is_published_later() -> None:
    call_command("consume", "--prepare", "--context", LISTENER)
    lay(1)
    call_command("relay", "--once", "--context", SOURCE)
    assert broker().lag(group=LISTENER, topics=[TOPIC]) == 1

    call_command("consume", "--once", "--context", LISTENER)

    assert handled() == ["w/1"]


def test_a_replay_brings_back_what_the_broker_lost_and_doubles_nothing() -> None:
    lay(1, 2)
    call_command("relay", "--once", "--context", SOURCE)
    call_command("consume", "--once", "--context", LISTENER)
    lay(3)
    call_command("relay", "--once", "--context", SOURCE)
    with redis.Redis.from_url(settings.VORTEX_BROKER_URL) as client:
        client.flushdb()

    since = (now() - timedelta(hours=1)).isoformat()
    call_command("replay", "--context", SOURCE, "--type", "stone.laid", "--since", since)
    call_command("consume", "--once", "--context", LISTENER)

    assert handled() == ["w/1", "w/2", "w/3"]


def test_a_replay_since_nonsense_is_refused() -> None:
    with pytest.raises(CommandError, match="yesterday"):
        call_command("replay", "--context", SOURCE, "--type", "stone.laid", "--since", "yesterday")


def test_the_archive_is_looked_after_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("outbox_retention", "--context", SOURCE)

    assert f"{SOURCE}: made" in capsys.readouterr().out
