"""A key that a handler failed on waits for a person, and loses nothing meanwhile."""

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.sites import site
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connections
from django.test import RequestFactory

from tests.kernel.inbox.bench import CONTEXT, consumer, lit, rows, spoken, work_off
from tests.kernel.inbox.facts import Lit, Sold
from vortex.broker import Delivery, Outgoing
from vortex.broker.memory import MemoryBroker
from vortex.broker.parking import NothingParked, PayloadRefused, StillFailing, desk
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.inbox import on, parked
from vortex.inbox.heard import understand
from vortex.inbox.models import Parked
from vortex.inbox.registry import handlers_by_type

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT, "default"])

KEY = {"topic": Lit.topic, "key": "a"}


class Switch:
    """Whether the handler works, and what it did."""

    def __init__(self) -> None:
        self.works = False
        self.done: list[int] = []


@pytest.fixture
def switch(broker: MemoryBroker) -> Switch:
    """A key with two messages parked, because the handler did not work."""
    found = Switch()

    @on(Lit, context=CONTEXT)
    def light(event: Lit) -> None:
        if not found.works:
            raise ValueError("no power")
        found.done.append(event.count)

    broker.publish(lit("a", 1, 2))
    failing = consumer(broker)
    work_off(failing)
    failing.stop()
    return found


def test_a_parked_key_says_who_failed_and_why(switch: Switch) -> None:
    (key,) = desk("inbox").keys(CONTEXT)

    assert (key.key, key.messages, key.type) == ("a", 2, "lamp.lit")
    assert key.reason == "ValueError: no power"
    first, second = desk("inbox").messages(CONTEXT, **KEY)
    assert first.payload == '{"lamp":"a","count":1}'
    assert second.reason == ""


def test_a_retried_key_is_handled_in_its_order(switch: Switch, broker: MemoryBroker) -> None:
    switch.works = True

    assert desk("inbox").retry(CONTEXT, **KEY, by="me") == 2

    assert switch.done == [1, 2]
    broker.publish(lit("a", 3))
    work_off(consumer(broker))
    assert switch.done == [1, 2, 3]


def test_a_key_that_fails_again_stays_parked_as_it_was(switch: Switch) -> None:
    with pytest.raises(StillFailing, match="no power"):
        desk("inbox").retry(CONTEXT, **KEY, by="me")

    assert rows("inbox_parked") == [(2,)]
    assert rows("inbox_seen") == [(0,)]


def test_a_skipped_message_is_never_handled_and_the_rest_is(switch: Switch) -> None:
    switch.works = True

    desk("inbox").skip(CONTEXT, **KEY, by="me")

    assert switch.done == [2]


def test_an_edited_message_is_handled_as_it_reads_now(switch: Switch) -> None:
    switch.works = True
    with pytest.raises(PayloadRefused):
        desk("inbox").edit(CONTEXT, **KEY, payload=b'{"lamp": "a"}', by="me")

    desk("inbox").edit(CONTEXT, **KEY, payload=b'{"lamp": "a", "count": 9}', by="me")
    desk("inbox").retry(CONTEXT, **KEY, by="me")

    assert switch.done == [9, 2]


def test_what_cannot_be_read_can_be_skipped_and_not_retried(broker: MemoryBroker) -> None:
    @on(Sold, context=CONTEXT)
    def sell(event: Sold) -> None:
        pass

    broker.publish([Outgoing(Sold.topic, "a", b"\xff not JSON")])
    work_off(consumer(broker))

    with pytest.raises(PayloadRefused):
        desk("inbox").retry(CONTEXT, **KEY, by="me")
    desk("inbox").skip(CONTEXT, **KEY, by="me")
    with pytest.raises(NothingParked):
        desk("inbox").messages(CONTEXT, **KEY)


def test_a_message_that_comes_while_its_key_is_released_is_not_left_behind(
    switch: Switch,
) -> None:
    """The consumer saw the key parked; by the time it parks the message, the key flows again."""
    (message,) = lit("a", 3)
    delivery = Delivery(message.topic, message.key, message.value, "shard", "9", 1)
    heard = understand(delivery, handlers_by_type(CONTEXT))
    switch.works = True
    answers: list[bool] = []

    def park_behind() -> None:
        answers.append(parked.park_behind(CONTEXT, heard))
        connections[CONTEXT].close()

    with unit_of_work(CONTEXT):
        desk("inbox").retry(CONTEXT, **KEY, by="me")
        late = threading.Thread(target=park_behind)
        late.start()
    late.join(10)

    assert answers == [False]
    assert rows("inbox_parked") == [(0,)]


def test_staff_retry_a_key_in_the_admin_and_leave_a_record(switch: Switch) -> None:
    staff = get_user_model().objects.create(**_administrator())
    switch.works = True
    request = RequestFactory().post(f"/admin/inbox/parked/?context={CONTEXT}")
    request.user = staff
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    page = site.get_model_admin(Parked)

    assert page.has_release_permission(request)  # type: ignore[attr-defined]
    assert not page.has_change_permission(request)
    page.retry(request, page.get_queryset(request))  # type: ignore[attr-defined]

    assert switch.done == [1, 2]
    entry = LogEntry.objects.get()
    assert (str(entry.user_id), entry.change_message) == (
        str(staff.pk),
        f"retry {CONTEXT} {Lit.topic} a",
    )


def _administrator() -> dict[str, object]:
    return {
        "email": "admin@example.com",
        "full_name": "Ada Admin",
        "roles": ["administrator"],
        "created_at": now(),
    }


def test_a_number_that_was_skipped_by_hand_is_a_gap_for_nobody_here(
    switch: Switch, broker: MemoryBroker
) -> None:
    switch.works = True
    desk("inbox").skip(CONTEXT, **KEY, by="me")
    broker.publish([spoken(Lit(lamp="a", count=3), 3)])
    work_off(consumer(broker))

    assert rows("inbox_gap") == [(0,)]
