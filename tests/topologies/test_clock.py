"""A periodic task fires once for an instant, and only where the data of its context are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.schedules import crontab, schedule
from django.db import connections

from config.clockwork import due, fire
from config.contexts import CONTEXTS, alias
from config.following import FollowingTask
from vortex.db import Moved

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS]),
]
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def give_away(context: str) -> None:
    """Let another deployment own a context."""
    with connections[alias(context)].cursor() as cursor:
        cursor.execute(
            "insert into topology_owner (context, owner, epoch, changed_at)"
            " values (%s, 'elsewhere', 1, now())",
            (context,),
        )


def test_two_clocks_fire_a_task_once() -> None:
    fired = [fire("accounts", "accounts.tidy", NOON) for _ in range(2)]
    later = fire("accounts", "accounts.tidy", NOON + timedelta(minutes=1))

    assert fired == [True, False]
    assert later


def test_a_clock_fires_nothing_for_a_context_that_has_moved() -> None:
    give_away("accounts")

    assert not fire("accounts", "accounts.tidy", NOON)
    assert fire("transactions", "transactions.tidy", NOON)


def test_clocks_that_started_apart_agree_on_the_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    hourly = schedule(timedelta(hours=1))
    agreed = set()
    for minutes in (1, 29, 59):
        monkeypatch.setattr("config.clockwork.now", lambda m=minutes: NOON + timedelta(minutes=m))
        agreed.add(due(hourly))
    monkeypatch.setattr("config.clockwork.now", lambda: NOON + timedelta(seconds=61))

    assert agreed == {NOON}
    assert due(crontab(minute="*")) == NOON + timedelta(minutes=1)


def test_a_task_that_comes_to_the_old_owner_goes_back_into_its_queue() -> None:
    from celery import Celery
    from celery.exceptions import Retry

    app = Celery("test", task_cls=FollowingTask, broker="memory://", set_as_current=False)

    @app.task(name="accounts.tidy", bind=True)
    def tidy(self: Any) -> None:
        raise Moved

    tidy.push_request(called_directly=False, id="1", args=(), kwargs={}, delivery_info={})
    try:
        with pytest.raises(Retry) as asked:
            tidy.run()
    finally:
        tidy.pop_request()

    assert asked.value.when == 1
    assert tidy.max_retries is None
