"""Entries by month: laws hold in each, pages read few of them, and the clock makes them ahead."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, Final

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from apps.transactions import tasks
from apps.transactions.contracts import Leg, Posting
from apps.transactions.services import months
from apps.transactions.services.posting import post
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of
from apps.transactions.tests.test_at_once import at_once, transfer
from vortex.clock import now
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id
from vortex.testing import client_of, person

DATABASE: Final = alias_of("transactions")
pytestmark = pytest.mark.django_db(databases=[DATABASE])


_MONTH: Final = re.compile(r" on (transactions_entry_(?:before|later|[0-9_]{7}))\b")
# A leg of its own, which no posting has.
ONE_MORE: Final = """
insert into {month}
select account_id, version + 9, posting_id, 1, currency, 1, booked_at
  from transactions_entry limit 1
"""


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def booked(at: datetime, source: Any, target: Any) -> None:
    legs = (
        Leg(account_id=source, amount_minor=-1, currency="EUR"),
        Leg(account_id=target, amount_minor=1, currency="EUR"),
    )
    post(Posting(posting_id=new_id(), legs=legs, booked_at=at, description="then"))


def ends() -> list[datetime]:
    """Return the instants at which one month ends and the next begins."""
    said = ask(
        "select (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)'))[1]"
        "::timestamptz from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'transactions_entry'::regclass order by 1 nulls last"
    )
    return [end for (end,) in said if end is not None]


def test_months_begin_at_midnight_utc_and_three_are_there_ahead() -> None:
    months.make_ahead(now=now())
    bounds = ends()

    assert len(bounds) >= 4
    assert {(end.astimezone(UTC).day, end.astimezone(UTC).hour) for end in bounds} == {(1, 0)}
    assert months.make_ahead(now=now()) == []
    assert bounds[-1] > now() + timedelta(days=89)


def test_the_clock_makes_months_that_are_missing_once() -> None:
    later = now() + timedelta(days=200)

    made, again = months.make_ahead(now=later), months.make_ahead(now=later)

    assert 6 <= len(made) <= 8
    assert (again, tasks.make_months()) == ([], 0)
    assert all(name.startswith("transactions_entry_20") for name in made)


@pytest.mark.parametrize(
    "statement",
    [
        "update {month} set amount_minor = 2",
        "delete from {month}",
        "truncate {month}",
        ONE_MORE,
    ],
)
@pytest.mark.parametrize("where", [timedelta(0), timedelta(days=62)])
def test_a_month_is_as_closed_to_others_as_the_whole(statement: str, where: timedelta) -> None:
    booked(now() + where, account_of(None), account_of(person()))
    (month,) = ask("select distinct tableoid::regclass::text from transactions_entry")[0]

    with pytest.raises(DatabaseError, match="refused"), unit_of_work("transactions"):
        ask(statement.format(month=month))


def test_one_sided_entries_are_refused_in_a_month_too() -> None:
    booked(now(), account_of(None), account_of(person()))
    (month,) = ask("select distinct tableoid::regclass::text from transactions_entry")[0]

    ask("select set_config('transactions.engine', 'on', false)")

    with pytest.raises(DatabaseError, match="do not sum to zero"), unit_of_work("transactions"):
        ask(ONE_MORE.format(month=month))

    ask("select set_config('transactions.engine', '', false)")


def test_entries_of_many_months_are_one_history() -> None:
    alice = person()
    source, target = account_of(alice), account_of(None)
    moments = [now() + timedelta(days=31 * number, seconds=number) for number in range(3)]
    moments.insert(0, datetime(1993, 7, 5, tzinfo=UTC))
    for at in moments:
        booked(at, target, source)

    first = client_of(alice).get("/api/transactions?limit=3").json()
    rest = client_of(alice).get(f"/api/transactions?limit=3&cursor={first['next_cursor']}").json()

    tables = ask("select count(distinct tableoid) from transactions_entry")[0][0]
    shown = [one["booked_at"] for one in first["items"] + rest["items"]]
    assert tables >= 3
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 4
    assert [one["entries"][0]["version"] for one in first["items"]] == [4, 3, 2]
    assert not [breach for law in LAWS for breach in breaches_of(law)]


def read_in(statement: str, *values: Any) -> set[str]:
    """Return the months that PostgreSQL looks into to answer."""
    ask("set local enable_seqscan = off")
    ask("set local enable_sort = off")
    plan = [line for (line,) in ask(f"explain (analyze) {statement}", *values)]
    scans = [line for line in plan if "Scan" in line and "never executed" not in line]
    return {month for line in scans for month in _MONTH.findall(line)}


def test_a_page_a_posting_and_a_balance_are_read_in_their_own_months() -> None:
    alice = person()
    account_id, world = account_of(alice, 100), account_of(None)
    booked(now() + timedelta(days=62), world, account_id)
    (latest,) = ask(
        "select tableoid::regclass::text from transactions_entry order by booked_at desc"
    )[0]
    (posting_id,) = ask("select posting_id from transactions_entry order by booked_at limit 1")[0]

    newest = read_in(
        "select booked_at from transactions_entry where account_id = %s"
        " order by booked_at desc, posting_id desc limit 1",
        account_id,
    )
    one = read_in(
        "select e.* from transactions_posting p join transactions_entry e"
        " on e.posting_id = p.id and e.booked_at = p.booked_at where p.id = %s",
        posting_id,
    )
    since = read_in(
        "select sum(amount_minor) from transactions_entry where account_id = %s and booked_at > %s",
        account_id,
        now() + timedelta(days=40),
    )

    assert latest in newest
    assert "transactions_entry_before" not in newest  # nothing older is opened
    assert one == {"transactions_entry_before"}
    assert "transactions_entry_before" not in since


def test_entries_beyond_the_last_month_are_kept_and_said() -> None:
    booked(now() + timedelta(days=900), account_of(None), account_of(person()))

    made = months.make_ahead(now=now() + timedelta(days=300))

    assert made == []
    assert months.entries_behind() == 2
    with pytest.raises(CommandError, match="before their month was made"):
        call_command("ledger", "months", "make", stdout=StringIO())
    assert not [breach for law in LAWS for breach in breaches_of(law)]


def test_the_command_lists_months_and_closes_none_without_being_told_where() -> None:
    said = StringIO()

    call_command("ledger", "months", stdout=said)

    assert said.getvalue().splitlines()[0].startswith("transactions_entry_before")
    with pytest.raises(CommandError, match="--tablespace"):
        call_command("ledger", "months", "close", stdout=StringIO())


def test_old_months_move_whole_and_stay_readable(monkeypatch) -> None:
    alice = person()
    account_of(alice, 100)
    monkeypatch.setattr(months, "_ended", lambda month, before: month.table.endswith("_before"))

    moved = months.move_closed(before=now(), tablespace="pg_default")

    assert moved == ["transactions_entry_before"]
    assert len(client_of(alice).get("/api/transactions").json()["items"]) == 1


@pytest.mark.django_db(transaction=True, databases=[DATABASE])
def test_a_month_is_made_while_postings_are() -> None:
    source, target = account_of(person(), 100_000), account_of(person())
    work: list[Any] = [lambda: post(transfer(source, target, 1)) for _ in range(40)]
    work.insert(20, lambda: months.make_ahead(now=now() + timedelta(days=40)))

    outcomes = at_once(work)

    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert ask("select booked_minor from transactions_account where id = %s", target) == [(40,)]
    assert not [breach for law in LAWS for breach in breaches_of(law)]
