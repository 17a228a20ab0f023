"""An event is published with its change or not at all, in the order of commits per key."""

import threading
import zlib
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as some

from tests.kernel.outbox.facts import Moved, Settled
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.ids import new_id
from vortex.outbox import publish, publish_many
from vortex.outbox.models import PARTITIONS, Message
from vortex.telemetry import context as request

committing = pytest.mark.django_db(transaction=True, databases=["accounts"])
reading = pytest.mark.django_db(databases=["accounts"])


def messages() -> list[Message]:
    return list(Message.objects.using("accounts").order_by("id"))


@committing
def test_what_rolls_back_was_never_said() -> None:
    def fail_after_publishing() -> None:
        with unit_of_work("accounts"):
            publish(Moved(parcel="a", place="here"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_publishing()

    assert messages() == []


def test_nothing_is_published_outside_a_unit_of_work() -> None:
    with pytest.raises(RuntimeError, match="unit of work"):
        publish(Moved(parcel="a", place="here"))


@reading
def test_the_events_of_a_key_are_numbered_without_gaps() -> None:
    with unit_of_work("accounts"):
        publish_many([Moved(parcel=parcel, place="x") for parcel in "abaab"])
    with unit_of_work("accounts"):
        publish(Moved(parcel="a", place="y"))

    assert [(m.key, m.key_seq) for m in messages()] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
        ("b", 2),
        ("a", 4),
    ]


@reading
def test_a_single_key_keeps_no_counter() -> None:
    with unit_of_work("accounts") as connection:
        publish(Settled(parcel=new_id()))
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from outbox_key")
            assert cursor.fetchone() == (0,)

    assert [(m.key_seq, m.single) for m in messages()] == [(1, True)]


@reading
def test_a_message_says_on_whose_behalf_and_why() -> None:
    user = new_id()

    with (
        request.use(actor=Principal(user_id=user), traceparent="00-1-2-01", causation_id="c"),
        unit_of_work("accounts"),
    ):
        publish(Moved(parcel="a", place="here"))

    assert messages()[0].headers == {
        "authid": str(user),
        "authtype": "user",
        "causationid": "c",
        "traceparent": "00-1-2-01",
    }
    assert messages()[0].payload == {"parcel": "a", "place": "here"}


@reading
@given(key=some.text(some.characters(exclude_characters="\0", codec="utf-8")))
def test_the_partition_is_the_checksum_of_the_key_in_every_process(key: str) -> None:
    with connections["accounts"].cursor() as cursor:
        cursor.execute("delete from outbox_message")
        cursor.execute(
            "insert into outbox_message (topic, key, type, payload) values ('t', %s, 'x', '{}')"
            " returning partition",
            (key,),
        )
        assert cursor.fetchone() == (zlib.crc32(key.encode()) % PARTITIONS,)


@reading
def test_a_row_inserted_by_sql_needs_four_columns() -> None:
    with connections["accounts"].cursor() as cursor:
        cursor.execute(
            "insert into outbox_message (topic, key, type, payload)"
            " values ('transaction.events', 'k', 'transaction.posted', '{\"amount\": 1}')"
        )

    (message,) = messages()
    assert isinstance(message.event_id, UUID)
    assert message.event_id.version == 7
    assert (message.key_seq, message.single, message.version, message.epoch) == (1, False, 1, 0)


@committing
def test_two_writers_of_one_key_commit_in_the_order_of_their_ids() -> None:
    first_has_published, second_may_go = threading.Event(), threading.Event()

    def second() -> None:
        first_has_published.wait(10)
        with unit_of_work("accounts"):
            second_may_go.set()
            publish(Moved(parcel="a", place="second"))
        connections["accounts"].close()

    thread = threading.Thread(target=second)
    thread.start()
    with unit_of_work("accounts"):
        publish(Moved(parcel="a", place="first"))
        first_has_published.set()
        second_may_go.wait(10)
        publish(Moved(parcel="a", place="first again"))
    thread.join(10)

    assert [(m.key_seq, m.payload["place"]) for m in messages()] == [
        (1, "first"),
        (2, "first again"),
        (3, "second"),
    ]
