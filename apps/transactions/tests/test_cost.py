"""What reads and postings cost, in what no machine changes: queries and records of the log."""

from typing import Any, Final

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.fields import Field

from apps.transactions.services.posting import post_many
from apps.transactions.tests.test_api import account_of
from apps.transactions.tests.test_at_once import transfer
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.testing import client_of, person

AnyField = Field[Any, Any, Any, Any]
DATABASE: Final = alias_of("transactions")
pytestmark = pytest.mark.django_db(transaction=True, databases=[DATABASE])


def paid(alice: Principal, times: int) -> None:
    """Let a customer pay somebody so many times."""
    source, target = account_of(alice, 100_000), account_of(person())
    post_many([transfer(source, target, 1) for _ in range(times)])


def queries_of_list(alice: Principal, limit: int) -> int:
    with CaptureQueriesContext(connections[DATABASE]) as captured:
        answer = client_of(alice).get(f"/api/transactions?limit={limit}")
    assert len(answer.json()["items"]) == limit
    return len(captured)


def test_a_page_asks_as_few_questions_when_it_is_long_as_when_it_is_short() -> None:
    alice = person()
    paid(alice, 60)

    short, long = queries_of_list(alice, 2), queries_of_list(alice, 50)

    assert short == long <= 4


# How many questions the ledger is asked for a page of each list, however long the history is.
MOST: Final = {
    "?limit=20": 4,
    "?limit=20&direction=out&q=x": 4,
    "/search?limit=20": 7,
    "/aggregate": 6,
    "/pending": 3,
    "/categories/own": 2,
    "/disputes": 2,
    "/imports": 2,
    "/reconciliations": 2,
    "/rules": 2,
    "/merchants": 6,
    "/recurring": 6,
    "/transfers/suggestions": 3,
    "/bulk": 2,
    "/{one}": 3,
    "/{one}/entries": 3,
    "/{one}/split": 4,
    "/{one}/attachments": 4,
    "/{one}/filing": 4,
}


@pytest.mark.parametrize("place", list(MOST))
def test_an_endpoint_asks_no_more_questions_when_the_history_is_long(place: str) -> None:
    alice = person()
    client = client_of(alice)
    counts = []
    for times in (2, 30):
        paid(alice, times)
        one = client.get("/api/transactions?limit=1").json()["items"][0]["id"]
        with CaptureQueriesContext(connections[DATABASE]) as captured:
            answer = client.get(f"/api/transactions{place.replace('{one}', one)}")
        assert answer.status_code == 200, answer.content
        counts.append(len(captured))

    assert counts[0] == counts[1] <= MOST[place]


@pytest.mark.parametrize("place", [place for place in MOST if "{one}" not in place])
def test_a_page_makes_its_fields_once_and_not_for_each_row(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = person()
    client = client_of(alice)
    copy, made = Field.__deepcopy__, [0]

    def counted(field: AnyField, memo: dict[int, object]) -> AnyField:
        made[0] += 1
        return copy(field, memo)

    monkeypatch.setattr(Field, "__deepcopy__", counted)
    client.get(f"/api/transactions{place}")  # what is made once for all is made here
    counts = []
    for times in (2, 30):
        paid(alice, times)
        made[0] = 0
        assert client.get(f"/api/transactions{place}").status_code == 200
        counts.append(made[0])

    assert counts[0] == counts[1]


def test_a_batch_asks_as_few_questions_as_a_single_posting() -> None:
    source, target = account_of(person(), 100_000), account_of(person())

    def asked(count: int) -> int:
        postings = [transfer(source, target, 1) for _ in range(count)]
        with CaptureQueriesContext(connections[DATABASE]) as captured:
            assert all(outcome.posted for outcome in post_many(postings))
        return len(captured)

    assert asked(1) == asked(500) <= 4


def test_a_posting_of_a_batch_writes_few_records_into_the_log() -> None:
    source, target = account_of(person(), 100_000), account_of(person())
    postings = [transfer(source, target, 1) for _ in range(1_000)]
    post_many(postings[:500])

    before = _log()
    post_many(postings[500:])
    after = _log()

    # One posting, two entries and one event with their indexes. Pages that are written whole after
    # a checkpoint are the checkpoint's cost.
    records, pages, octets = (now - then for now, then in zip(after, before, strict=True))
    assert records / 500 < 20
    assert (octets - pages * 8_192) / 500 < 3_000


def _log() -> tuple[int, int, int]:
    """Return the records, the whole pages and the bytes that this connection has logged."""
    with connections[DATABASE].cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
        cursor.execute(
            "select pg_stat_clear_snapshot(), wal_records, wal_fpi, wal_bytes"
            " from pg_stat_get_backend_wal(pg_backend_pid())"
        )
        _, records, pages, octets = cursor.fetchone()
        return int(records), int(pages), int(octets)
