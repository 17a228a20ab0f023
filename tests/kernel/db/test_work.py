"""A unit of work writes to one context's database, through the fence, within its deadline."""

import threading
from functools import partial

import pytest
from django.db import connections

from vortex.clock import now
from vortex.db import (
    CallInsideTransactionError,
    Moved,
    after_commit,
    alias_of,
    current_context,
    in_unit_of_work,
    needs_transaction,
    one_statement,
    unit_of_work,
)
from vortex.db.work import DeadlineExceeded, current_epoch
from vortex.telemetry import context as request
from vortex.topology.models import Owner

committing = pytest.mark.django_db(transaction=True, databases=["accounts"])


@committing
def test_what_a_failed_unit_of_work_wrote_is_gone() -> None:
    def fail() -> None:
        with unit_of_work("accounts"):
            Owner.objects.create(context="accounts", owner="here", changed_at=now())
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not Owner.objects.using(alias_of("accounts")).exists()


@committing
def test_a_nested_unit_of_work_of_the_same_context_joins() -> None:
    def fail() -> None:
        with unit_of_work("accounts"):
            with unit_of_work("accounts"):
                Owner.objects.create(context="accounts", owner="here", changed_at=now())
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not Owner.objects.using("accounts").exists()
    assert not in_unit_of_work()


@committing
def test_a_unit_of_work_of_another_context_is_refused_inside() -> None:
    with (
        unit_of_work("accounts"),
        pytest.raises(CallInsideTransactionError),
        unit_of_work("transactions"),
    ):
        pass


@committing
def test_a_late_writer_is_refused_once_the_context_has_moved() -> None:
    Owner.objects.using("accounts").create(
        context="accounts", owner="vortex-account-service", epoch=7, changed_at=now()
    )

    with pytest.raises(Moved), unit_of_work("accounts"):
        pytest.fail("the fence let a writer in")


@committing
def test_a_unit_of_work_knows_the_epoch_it_writes_in() -> None:
    Owner.objects.using("accounts").create(
        context="accounts", owner="here", epoch=3, changed_at=now()
    )

    with unit_of_work("accounts"):
        assert (current_context(), current_epoch()) == ("accounts", 3)


@committing
def test_a_mover_waits_for_writers_and_writers_wait_for_the_mover() -> None:
    """The writer that waited sees the owner that the mover wrote, never the one from before."""
    lock = "select pg_advisory_xact_lock(1448037464, hashtext('accounts'))"
    refused: list[type[Exception]] = []
    started = threading.Event()

    def write_late() -> None:
        started.set()
        try:
            with unit_of_work("accounts"):
                pass
        except Moved as refusal:
            refused.append(type(refusal))
        finally:
            connections["accounts"].close()

    connection = connections["accounts"]
    with connection.cursor() as mover:
        mover.execute("begin")
        mover.execute(lock)
        writer = threading.Thread(target=write_late)
        writer.start()
        started.wait()
        mover.execute(
            "insert into topology_owner values ('accounts', 'vortex-account-service', 1, now())"
        )
        mover.execute("commit")
    writer.join(timeout=10)

    assert refused == [Moved]


@committing
def test_work_whose_deadline_is_spent_does_not_begin() -> None:
    with (
        request.use(deadline=request.deadline_in(0)),
        pytest.raises(DeadlineExceeded),
        unit_of_work("accounts"),
    ):
        pytest.fail("it began")


@committing
def test_postgresql_itself_stops_a_statement_at_the_deadline() -> None:
    with (
        request.use(deadline=request.deadline_in(200)),
        pytest.raises(DeadlineExceeded),
        unit_of_work("accounts") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select pg_sleep(20)")


@committing
def test_an_action_after_commit_runs_after_it_and_never_after_a_rollback() -> None:
    done: list[str] = []

    def fail() -> None:
        with unit_of_work("accounts"):
            after_commit(lambda: done.append("lost"))
            _ = 1 / 0

    with unit_of_work("accounts"):
        after_commit(lambda: done.append("kept"))
        assert done == []
    with pytest.raises(ZeroDivisionError):
        fail()

    assert done == ["kept"]


@committing
def test_an_action_after_commit_that_fails_harms_nothing_whatever_it_is() -> None:
    with unit_of_work("accounts"):
        for hint in (lambda: int("x"), partial(int, "x")):
            after_commit(hint)


@committing
def test_a_copy_of_a_request_writes_nothing_even_where_the_data_are() -> None:
    """At the fence it would wait beside the request that it copies, and both would happen."""
    with request.use(is_copy=True):
        with pytest.raises(Moved), unit_of_work("accounts"):
            raise AssertionError("a copy came in")
        with pytest.raises(Moved), one_statement("accounts"):
            raise AssertionError("a copy came in")


@committing
def test_a_function_that_needs_a_transaction_says_so() -> None:
    @needs_transaction("accounts")
    def write() -> str:
        return "written"

    with pytest.raises(RuntimeError, match="unit of work of accounts"):
        write()
    with unit_of_work("accounts"):
        assert write() == "written"


@committing
def test_postgresql_refuses_one_contexts_role_the_database_of_another() -> None:
    import psycopg

    own = connections["accounts"].get_connection_params()
    other = connections["transactions"].settings_dict["NAME"]

    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry|permission denied"):
        psycopg.connect(
            host=own["host"],
            port=own["port"],
            user=own["user"],
            password=own["password"],
            dbname=other,
        )
