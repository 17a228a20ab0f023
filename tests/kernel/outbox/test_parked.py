"""A parked key waits for a person, who can look at it, let it go, give it up or mend it."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.kernel.outbox.bench import CONTEXT, TOPIC, courier, heard, rows, say
from vortex.broker.memory import MemoryBroker
from vortex.broker.parking import NothingParked, PayloadRefused, desk

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

LARGE = "x" * 20_000
KEY = {"topic": TOPIC, "key": "bad"}


@pytest.fixture
def parked(broker: MemoryBroker) -> MemoryBroker:
    """A key whose second message is too large, with a third one behind it."""
    say(("bad", "1"), ("bad", LARGE), ("bad", "3"))
    courier(broker).step()
    return broker


def places(broker: MemoryBroker) -> list[str]:
    return [place for _, place in heard(broker)]


def test_a_parked_key_says_why_and_how_many(parked: MemoryBroker) -> None:
    (key,) = desk("outbox").keys(CONTEXT)

    assert (key.topic, key.key, key.messages, key.type) == (TOPIC, "bad", 2, "parcel.moved")
    assert "too large" in key.reason


def test_a_retried_key_flows_in_its_old_order(parked: MemoryBroker) -> None:
    parked.capabilities = MemoryBroker(max_bytes=100_000).capabilities
    say(("bad", "4"))

    assert desk("outbox").retry(CONTEXT, **KEY, by="me") == 2
    courier(parked).step()

    assert places(parked) == ["1", LARGE, "3", "4"]
    assert rows("outbox_parked") == [(0,)]


def test_a_retried_key_that_is_refused_again_parks_again(parked: MemoryBroker) -> None:
    desk("outbox").retry(CONTEXT, **KEY, by="me")
    courier(parked).step()

    assert places(parked) == ["1"]
    assert rows("outbox_parked") == [(2,)]


def test_a_skipped_message_is_archived_and_the_rest_flows(parked: MemoryBroker) -> None:
    desk("outbox").skip(CONTEXT, **KEY, by="me")
    courier(parked).step()

    assert places(parked) == ["1", "3"]
    assert [by for (by,) in rows("outbox_archive", "headers ->> 'skippedby'")] == [None, "me", None]


def test_an_edited_message_flows_once_it_is_retried(parked: MemoryBroker) -> None:
    mended = b'{"parcel": "bad", "place": "2"}'

    desk("outbox").edit(CONTEXT, **KEY, payload=mended, by="me")
    assert rows("outbox_parked") == [(2,)]
    desk("outbox").retry(CONTEXT, **KEY, by="me")
    courier(parked).step()

    assert places(parked) == ["1", "2", "3"]


def test_an_edit_that_is_not_the_event_is_refused(parked: MemoryBroker) -> None:
    with pytest.raises(PayloadRefused):
        desk("outbox").edit(CONTEXT, **KEY, payload=b'{"parcel": 7}', by="me")


def test_a_key_that_is_not_parked_cannot_be_retried() -> None:
    with pytest.raises(NothingParked):
        desk("outbox").retry(CONTEXT, topic=TOPIC, key="never", by="me")


def test_the_command_lists_shows_edits_retries_and_skips(
    parked: MemoryBroker, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    about = ["--at", "outbox", "--context", CONTEXT, "--topic", TOPIC, "--key", "bad"]

    call_command("parked", "list", "--context", CONTEXT)
    assert "too large" in capsys.readouterr().out
    call_command("parked", "show", *about)
    assert '"place": "3"' in capsys.readouterr().out
    call_command("parked", "skip", *about)
    call_command("parked", "list", "--context", CONTEXT)
    assert "nothing is parked" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("parked", "retry", *about)
