"""A caller's key buys one effect: a second request gets the first one's answer or a refusal."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections

from vortex.clock import now
from vortex.db import Moved, alias_of, unit_of_work
from vortex.idempotency import (
    Answer,
    IdempotencyKeyReused,
    RequestInProgress,
    fingerprint,
    remembered,
)
from vortex.idempotency.models import Remembered
from vortex.idempotency.tasks import KEPT, prune_context
from vortex.telemetry import context as request

committing = pytest.mark.django_db(transaction=True, databases=["accounts"])

HASH = fingerprint("POST", "/api/accounts", b"{}")
CREATED = Answer(201, {"location": "/api/accounts/1"}, b'{"id": 1}')


def answer(key: str = "k", caller: str = "c", request_hash: bytes = HASH) -> Answer | None:
    """Make the request once and return what it replayed, or None where it did the work."""
    with remembered("accounts", caller=caller, key=key, request_hash=request_hash) as slot:
        if slot.answer is None:
            with unit_of_work("accounts"):
                slot.record(CREATED)
        return slot.answer


@committing
def test_a_copy_of_a_request_does_not_hold_the_key_that_the_request_needs() -> None:
    with request.use(is_copy=True), pytest.raises(Moved):
        answer()

    with connections[alias_of("accounts")].cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database"
            " where l.locktype = 'advisory' and d.datname = current_database()"
        )
        assert cursor.fetchone() == (0,)
    assert answer() is None


@pytest.fixture
def other() -> Iterator[list[BaseException]]:
    """Collect what another thread's request was refused with; its connection is its own."""
    yield []


def elsewhere(said: list[BaseException], request: str = "k") -> None:
    """Make the same request on another connection, and wait for its end."""

    def run() -> None:
        try:
            answer(request)
        except (RequestInProgress, IdempotencyKeyReused) as refusal:
            said.append(refusal)
        finally:
            connections["accounts"].close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)


@committing
def test_the_second_request_gets_the_first_answer() -> None:
    assert answer() is None
    assert answer() == CREATED


@committing
def test_callers_do_not_share_keys() -> None:
    assert answer(caller="a") is None
    assert answer(caller="b") is None


@committing
def test_a_key_and_a_caller_that_read_alike_are_two() -> None:
    assert answer(caller="ab", key="c") is None
    assert answer(caller="a", key="bc") is None


@committing
def test_a_key_serves_one_request_only() -> None:
    answer()

    with pytest.raises(IdempotencyKeyReused):
        answer(request_hash=fingerprint("POST", "/api/accounts", b'{"amount": 2}'))


@committing
def test_the_answer_is_kept_with_the_effect_or_not_at_all() -> None:
    def fail_after_recording() -> None:
        with (
            remembered("accounts", caller="c", key="k", request_hash=HASH) as slot,
            unit_of_work("accounts"),
        ):
            slot.record(CREATED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_recording()

    assert answer() is None


@committing
def test_a_request_that_comes_while_the_first_one_runs_is_told_to_come_back(
    other: list[BaseException],
) -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH):
        elsewhere(other)

    assert [type(refusal) for refusal in other] == [RequestInProgress]
    assert isinstance(other[0], RequestInProgress)
    assert other[0].facts == {"retry_after": 1}


@committing
def test_a_request_that_comes_after_the_commit_replays_though_the_first_one_still_renders(
    other: list[BaseException],
) -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH) as slot:
        with unit_of_work("accounts"):
            slot.record(CREATED)
        elsewhere(other)

    assert other == []


@committing
def test_a_session_that_dies_frees_its_key() -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH):
        connections["accounts"].close()
        outcome: list[BaseException] = []
        elsewhere(outcome)

        assert outcome == []


@committing
def test_a_request_that_lost_its_lock_and_comes_second_has_no_effect() -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH) as slot:
        connections["accounts"].close()
        elsewhere([])

        with pytest.raises(RequestInProgress), unit_of_work("accounts"):
            slot.record(Answer(201, body=b"another"))

    assert answer() == CREATED


@committing
def test_a_key_is_claimed_before_the_transaction() -> None:
    with unit_of_work("accounts"), pytest.raises(RuntimeError, match="before the transaction"):
        answer()


@committing
def test_an_answer_is_recorded_inside_the_transaction() -> None:
    with (
        remembered("accounts", caller="c", key="k", request_hash=HASH) as slot,
        pytest.raises(RuntimeError, match="in the unit of work"),
    ):
        slot.record(CREATED)


@committing
def test_an_answer_rendered_after_the_commit_can_be_recorded_apart() -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH) as slot:
        slot.record_apart(CREATED)

    assert answer() == CREATED


@committing
def test_every_attempt_derives_the_same_ids() -> None:
    with remembered("accounts", caller="c", key="k", request_hash=HASH) as first:
        pass
    with remembered("accounts", caller="c", key="k", request_hash=HASH) as second:
        pass

    assert first.derive("account") == second.derive("account")
    assert first.derive("account") != first.derive("card")
    assert first.derive("account").version == 8


@committing
def test_answers_are_forgotten_after_three_days_and_not_before() -> None:
    answer("old")
    answer("young")
    stale = Remembered.objects.using("accounts").filter(key="old")
    stale.update(created_at=now() - KEPT - timedelta(minutes=1))

    assert prune_context("accounts") == 1
    assert prune_context("accounts") == 0
    assert answer("young") == CREATED
    assert timedelta(hours=24) <= KEPT
