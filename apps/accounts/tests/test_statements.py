"""Statements: every entry on exactly one, balances that meet, and nothing that ever changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, connections
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.contracts import StatementReady
from apps.accounts.domain.statement import months_due
from apps.accounts.models import Statement
from apps.accounts.selectors import statements as selectors
from apps.accounts.services.statements import issue_due_statements
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from vortex.contracts import Principal
from vortex.db import unit_of_work
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import person

pytestmark = pytest.mark.django_db(databases=[OWN])

JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARCH_SECOND = datetime(2026, 3, 2, tzinfo=UTC)


def documents(account_id: Any) -> list[Any]:
    rows = Statement.objects.filter(account_id=account_id).order_by("number")
    return [selectors.document_of(row) for row in rows]


def test_every_month_that_is_over_gets_one_statement(
    ledger: FakeLedger, published: Callable[..., list[Any]]
):
    account = an_account(opened_at=JANUARY)
    ledger.book(account.pk, 1000, JANUARY)
    ledger.book(account.pk, -300, JANUARY + timedelta(days=30))

    issued = issue_due_statements(now=MARCH_SECOND)

    assert issued == 2
    january, february = documents(account.pk)
    assert (january.number, january.first_date.month, january.closing_minor) == (1, 1, 1000)
    assert (february.opening_minor, february.closing_minor) == (1000, 700)
    assert [fact.statement_id for fact in published(StatementReady)] == [
        january.statement_id,
        february.statement_id,
    ]


def test_a_second_run_issues_nothing(ledger: FakeLedger):
    account = an_account(opened_at=JANUARY)
    ledger.book(account.pk, 1000, JANUARY)
    issue_due_statements(now=MARCH_SECOND)
    ledger.calls.clear()

    assert issue_due_statements(now=MARCH_SECOND) == 0
    assert ledger.calls == []


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_two_runs_at_once_issue_each_month_once(ledger: FakeLedger):
    accounts = [an_account(opened_at=JANUARY) for _ in range(4)]
    for account in accounts:
        ledger.book(account.pk, 500, JANUARY)

    def run(_: int) -> int:
        try:
            return issue_due_statements(now=MARCH_SECOND)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        issued = sum(pool.map(run, range(4)))

    assert issued == 8
    assert all(len(documents(account.pk)) == 2 for account in accounts)


def test_an_entry_at_the_stroke_of_midnight_belongs_to_the_month_that_begins(ledger: FakeLedger):
    account = an_account(opened_at=JANUARY)
    midnight = datetime(2026, 2, 1, tzinfo=UTC)
    ledger.book(account.pk, 1, midnight - timedelta(microseconds=1))
    ledger.book(account.pk, 2, midnight)

    issue_due_statements(now=MARCH_SECOND)

    assert [[line.amount_minor for line in d.lines] for d in documents(account.pk)] == [[1], [2]]


def test_a_month_is_not_stated_while_its_last_postings_may_still_commit(ledger: FakeLedger):
    an_account(opened_at=JANUARY)

    assert issue_due_statements(now=datetime(2026, 2, 1, 0, 5, tzinfo=UTC)) == 0
    assert issue_due_statements(now=datetime(2026, 2, 1, 0, 10, tzinfo=UTC)) == 1


def test_a_ledger_that_skips_an_entry_gets_no_statement_and_others_do(ledger: FakeLedger):
    broken, sound = an_account(opened_at=JANUARY), an_account(opened_at=JANUARY)
    for account in (broken, sound):
        for _ in range(3):
            ledger.book(account.pk, 10, JANUARY)
    del ledger.booked[broken.pk][1]

    issue_due_statements(now=datetime(2026, 2, 2, tzinfo=UTC))

    assert documents(broken.pk) == []
    assert len(documents(sound.pk)) == 1


def test_a_ledger_that_does_not_answer_delays_a_statement_and_loses_none(ledger: FakeLedger):
    account = an_account(opened_at=JANUARY)

    def silent(_: str) -> None:
        raise Unavailable

    ledger.before = silent
    assert issue_due_statements(now=MARCH_SECOND) == 0
    ledger.before = lambda _: None

    assert issue_due_statements(now=MARCH_SECOND) == 2
    assert len(documents(account.pk)) == 2


def test_a_closed_account_has_its_last_statement_for_the_month_of_its_end(ledger: FakeLedger):
    account = an_account(opened_at=JANUARY)
    account.standing, account.closed_at = "closed", JANUARY + timedelta(days=2)
    account.save()

    assert issue_due_statements(now=MARCH_SECOND) == 1
    assert issue_due_statements(now=MARCH_SECOND) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update accounts_statement set closing_minor = opening_minor",
        "delete from accounts_statement",
        "truncate accounts_statement",
    ],
)
def test_postgresql_itself_refuses_to_change_a_statement(ledger: FakeLedger, statement: str):
    an_account(opened_at=JANUARY)
    issue_due_statements(now=MARCH_SECOND)

    with (
        pytest.raises(Error, match="stands as it was issued"),
        unit_of_work("accounts") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_document_that_was_tampered_with_is_not_shown(ledger: FakeLedger):
    an_account(opened_at=JANUARY)
    issue_due_statements(now=MARCH_SECOND)
    statement = Statement.objects.first()
    assert statement is not None
    statement.document_sha256 = b"another"

    with pytest.raises(selectors.DamagedStatementError):
        selectors.document_of(statement)


@given(
    since=st.timedeltas(timedelta(0), timedelta(days=2000)),
    later=st.timedeltas(timedelta(0), timedelta(days=1500)),
)
def test_months_follow_each_other_and_the_last_is_over(since: timedelta, later: timedelta):
    opened = datetime(2020, 1, 1, tzinfo=UTC) + since

    due = months_due(after=opened.date(), now=opened + later)

    numbers = [first.year * 12 + first.month for first in due]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    assert all(first.day == 1 for first in due)
    assert not due or due[0] == opened.date().replace(day=1)
    assert not due or datetime(due[-1].year, due[-1].month, 28, tzinfo=UTC) < opened + later


def of(api: APIClient, ada: Principal, ledger: FakeLedger) -> tuple[str, list[Any]]:
    account = an_account(owner_id=ada.user_id, opened_at=JANUARY)
    ledger.book(account.pk, 1234, JANUARY, "Salary")
    issue_due_statements(now=MARCH_SECOND)
    address = f"/api/accounts/{account.pk}/statements"
    return address, api.get(address).json()["items"]


def test_the_holder_lists_and_downloads_statements(
    api: APIClient, ada: Principal, ledger: FakeLedger, users: FakeUsers
):
    users.names[ada.user_id] = "Ada Lovelace"

    address, [february, january] = of(api, ada, ledger)

    assert january["closing"] == {"amount": "12.34", "currency": "EUR"}
    assert february["number"] == 2
    assert api.get(f"{address}/{january['id']}").json() == january
    file = api.get(f"{address}/{january['id']}/file?format=csv", headers={"Accept": "text/csv"})
    assert file.status_code == 200
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert file["Content-Disposition"].startswith('attachment; filename="statement-')
    assert file["Cache-Control"] == "private, no-store"
    assert b"Salary,12.34,EUR,12.34" in file.content
    assert api.get(f"{address}/{january['id']}/file").content.startswith(b"%PDF-")


def test_pages_of_statements_go_on_where_the_last_ended(
    api: APIClient, ada: Principal, ledger: FakeLedger
):
    address, [february, january] = of(api, ada, ledger)

    first = api.get(address, {"limit": 1}).json()
    second = api.get(address, {"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [first["items"], second["items"]] == [[february], [january]]
    assert second["next_cursor"] is None


def test_nobody_elses_statements_exist(api: APIClient, ada: Principal, ledger: FakeLedger):
    theirs = an_account(owner_id=person().user_id, opened_at=JANUARY)
    address, [_, january] = of(api, ada, ledger)
    statement = Statement.objects.get(account_id=theirs.pk, number=1)

    for path in (
        f"/api/accounts/{theirs.pk}/statements",
        f"/api/accounts/{theirs.pk}/statements/{statement.pk}",
        f"/api/accounts/{theirs.pk}/statements/{statement.pk}/file",
        f"{address}/{statement.pk}",
        f"{address}/{statement.pk}/file",
        f"{address}/{new_id()}/file?format=pdf",
        f"/api/accounts/{theirs.pk}/statements/{january['id']}",
    ):
        assert api.get(path).status_code == 404, path


@pytest.mark.parametrize("wanted", ["exe", "../../etc/passwd", "PDF", ""])
def test_a_format_that_is_none_is_refused(
    api: APIClient, ada: Principal, ledger: FakeLedger, wanted: str
):
    address, [_, january] = of(api, ada, ledger)

    answer = api.get(f"{address}/{january['id']}/file", {"format": wanted})

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
