"""The inbox forgets days that no replay can bring back, and never needs a partition to work."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from tests.kernel.inbox.bench import CONTEXT, rows
from vortex.broker.retention import DAYS_AHEAD
from vortex.clock import today
from vortex.db import unit_of_work
from vortex.db.partitions import days_of
from vortex.ids import new_id
from vortex.inbox.bookkeeping import remember
from vortex.inbox.retention import TABLE, forget, prepare

pytestmark = pytest.mark.django_db(transaction=True, databases=[CONTEXT])

FOREIGN = UUID("00000000-0000-4000-8000-000000000001")


def see(*ids: UUID) -> set[UUID]:
    with unit_of_work(CONTEXT):
        return remember(CONTEXT, "accounts.test", ids)


def test_an_event_is_remembered_in_the_partition_of_its_day() -> None:
    prepare(CONTEXT)
    made = new_id()

    assert see(made) == {made}
    assert see(made) == set()

    assert rows(f"{TABLE}_{today():%Y%m%d}") == [(1,)]
    assert prepare(CONTEXT) == []


def test_an_id_from_elsewhere_is_remembered_too() -> None:
    prepare(CONTEXT)

    assert see(FOREIGN) == {FOREIGN}
    assert see(FOREIGN) == set()


def test_old_days_go_whole_and_old_strangers_by_their_age() -> None:
    prepare(CONTEXT)
    made, young = new_id(), UUID(int=FOREIGN.int + 1)
    see(made, FOREIGN, young)
    with connections[CONTEXT].cursor() as cursor:
        cursor.execute(
            "update inbox_seen_default set seen_at = now() - interval '60 days'"
            " where event_id = %s",
            (FOREIGN,),
        )

    forget(CONTEXT)
    assert rows("inbox_seen") == [(2,)]

    forget(CONTEXT, days=-DAYS_AHEAD)
    assert rows("inbox_seen") == [(0,)]
    assert days_of(CONTEXT, TABLE) == []


def test_what_a_dropped_day_took_is_remembered_anew() -> None:
    forget(CONTEXT, days=-DAYS_AHEAD - 1)
    assert today() + timedelta(days=1) not in days_of(CONTEXT, TABLE)
    made = new_id()

    assert see(made) == {made}
    assert see(made) == set()
