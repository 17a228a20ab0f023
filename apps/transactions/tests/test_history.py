"""Balances of the past: exact, whatever order they were booked in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.transactions.contracts import Ledger, LedgerAccountNotFound, MomentInFuture, RangeTooWide
from apps.transactions.services.posting import post
from apps.transactions.tests.test_at_once import account_with, transfer
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")]),
    pytest.mark.usefixtures("runner"),
]


def test_a_balance_of_the_past_counts_what_was_booked_until_then() -> None:
    alice, bob = account_with(0), account_with(100_000)
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (9, 3, 5)]  # not in order
    for place, at in enumerate(days, 1):
        posting = transfer(bob, alice, 100 * place)
        post(type(posting)(**{**_said(posting), "booked_at": at}))

    ledger = bind(Ledger)
    balances = [
        ledger.balance_at(account_id=alice, at=datetime(2026, 3, day, tzinfo=UTC))
        for day in (3, 4, 6, 10)
    ]
    history = ledger.balance_history(
        account_id=alice, since=date(2026, 3, 2), until=date(2026, 3, 10)
    )

    assert balances == [0, 200, 500, 600]
    assert [day.booked_minor for day in history] == [0, 200, 200, 500, 500, 500, 500, 600, 600]
    assert sum(day.credits_minor + day.debits_minor for day in history) == 600
    assert ledger.balance_at(account_id=alice, at=now()) == 600


def test_what_cannot_be_known_is_refused() -> None:
    alice, ledger = account_with(0), bind(Ledger)

    with pytest.raises(MomentInFuture):
        ledger.balance_at(account_id=alice, at=now() + timedelta(hours=1))
    with pytest.raises(LedgerAccountNotFound):
        ledger.balance_at(account_id=new_id(), at=now())
    for since, until in ((date(2026, 2, 1), date(2026, 1, 1)), (date(2000, 1, 1), date.max)):
        with pytest.raises(RangeTooWide):
            ledger.balance_history(account_id=alice, since=since, until=until)


def _said(posting):
    return {name: getattr(posting, name) for name in posting.__struct_fields__}
