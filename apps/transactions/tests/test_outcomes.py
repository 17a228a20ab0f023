"""OUTCOMES.md: complete, true to the tests that it names, and the few that only it claims."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    Hold,
    InsufficientFunds,
    LedgerAccountNotFound,
    Leg,
    Posting,
    PostingIdReused,
    PostingKind,
)
from apps.transactions.models import Account, Entry
from apps.transactions.services import holding
from apps.transactions.services.posting import post, post_many
from apps.transactions.tests.test_at_once import account_with
from vortex.clock import now, today
from vortex.db import alias_of
from vortex.ids import new_id

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

HERE = Path(__file__).parent
PAGE = (HERE.parent / "OUTCOMES.md").read_text(encoding="utf-8")
# Every outcome that TigerBeetle's page documents, in its order.
THEIRS = """
created linked_event_failed linked_event_chain_open imported_event_expected
imported_event_not_expected timestamp_must_be_zero imported_event_timestamp_out_of_range
imported_event_timestamp_must_not_advance reserved_flag id_must_not_be_zero id_must_not_be_int_max
exists_with_different_flags exists_with_different_pending_id exists_with_different_timeout
exists_with_different_debit_account_id exists_with_different_credit_account_id
exists_with_different_amount exists_with_different_user_data_128 exists_with_different_user_data_64
exists_with_different_user_data_32 exists_with_different_ledger exists_with_different_code exists
id_already_failed flags_are_mutually_exclusive debit_account_id_must_not_be_zero
debit_account_id_must_not_be_int_max credit_account_id_must_not_be_zero
credit_account_id_must_not_be_int_max accounts_must_be_different pending_id_must_be_zero
pending_id_must_not_be_zero pending_id_must_not_be_int_max pending_id_must_be_different
timeout_reserved_for_pending_transfer closing_transfer_must_be_pending amount_must_not_be_zero
ledger_must_not_be_zero code_must_not_be_zero debit_account_not_found credit_account_not_found
accounts_must_have_the_same_ledger transfer_must_have_the_same_ledger_as_accounts
pending_transfer_not_found pending_transfer_not_pending
pending_transfer_has_different_debit_account_id pending_transfer_has_different_credit_account_id
pending_transfer_has_different_ledger pending_transfer_has_different_code
exceeds_pending_transfer_amount pending_transfer_has_different_amount
pending_transfer_already_posted pending_transfer_already_voided pending_transfer_expired
imported_event_timestamp_must_not_regress imported_event_timestamp_must_postdate_debit_account
imported_event_timestamp_must_postdate_credit_account imported_event_timeout_must_be_zero
debit_account_already_closed credit_account_already_closed overflows_debits_pending
overflows_credits_pending overflows_debits_posted overflows_credits_posted overflows_debits
overflows_credits overflows_timeout exceeds_credits exceeds_debits
""".split()


def moved(source: UUID, target: UUID, minor: int, **more: Any) -> Posting:
    """Return a posting of two legs."""
    legs = (
        Leg(account_id=source, amount_minor=-minor, currency=more.pop("currency", "EUR")),
        Leg(account_id=target, amount_minor=minor, currency="EUR"),
    )
    said: dict[str, Any] = {"posting_id": new_id(), "legs": legs} | more
    return Posting(**said)


def test_every_outcome_of_theirs_has_one_row_and_every_row_a_test_that_exists() -> None:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    tests = [name for row in rows for name in re.findall(r"`(test_\w+)`", row[2])]
    written = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))

    assert sorted(named) == sorted(THEIRS)
    assert len(tests) == len(rows)
    for name in tests:
        assert f"def {name}(" in written, name


def test_a_refused_posting_may_be_sent_again_under_its_id() -> None:
    source, target = account_with(0), account_with(500)
    asked = moved(source, target, 100)
    with pytest.raises(InsufficientFunds):
        post(asked)
    post(moved(target, source, 200))

    assert post(asked).replayed is False
    assert Account.objects.get(pk=source).booked_minor == 100


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 101},
        {"swapped": True},
        {"kind": PostingKind.FEE},
        {"description": "x"},
        {"category": "gifts"},
        {"counterparty": "x"},
        {"reference": "x"},
        {"effective_date": today() - timedelta(days=1)},
        {"booked_at": now() - timedelta(days=1)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_differs_under_a_known_id_is_refused(other: dict[str, Any]) -> None:
    source, target = account_with(1_000), account_with(1_000)
    made = moved(source, target, 100)
    post(made)
    changed = dict(other)
    minor = changed.pop("amount", 100)
    pair = (target, source) if changed.pop("swapped", False) else (source, target)

    with pytest.raises(PostingIdReused):
        post(moved(*pair, minor, posting_id=made.posting_id, **changed))

    assert Account.objects.get(pk=source).booked_minor == 900


def test_history_and_the_present_may_stand_in_one_batch() -> None:
    source, target = account_with(1_000), account_with(0)
    long_ago = now() - timedelta(days=4_000)
    past, present = moved(source, target, 1, booked_at=long_ago), moved(source, target, 2)

    outcomes = post_many([present, past])

    assert [one.posted for one in outcomes] == [True, True]
    booked = list(
        Entry.objects.filter(account_id=target)
        .order_by("version")
        .values_list("booked_at", "version")
    )
    assert booked[1] == (long_ago, 2)
    assert booked[0][0] > long_ago


@pytest.mark.parametrize("unknown", [UUID(int=0), UUID(int=2**128 - 1)])
def test_the_first_and_the_last_of_all_ids_are_accounts_of_nobody(unknown: UUID) -> None:
    source = account_with(1_000)

    for pair in ((source, unknown), (unknown, source)):
        with pytest.raises(LedgerAccountNotFound) as refused:
            post(moved(*pair, 1))
        assert refused.value.facts["account_id"] == str(unknown)
    assert post(moved(source, account_with(0), 1, posting_id=unknown)).replayed is False


def test_a_hold_is_settled_by_a_posting_of_any_kind() -> None:
    source, target = account_with(1_000), account_with(0)
    hold_id = new_id()
    expires = now() + timedelta(days=1)
    hold = Hold(
        hold_id=hold_id,
        account_id=source,
        amount_minor=100,
        currency="EUR",
        expires_at=expires,
    )
    holding.place(hold=hold, placed_at=now())

    holding.settle(
        hold_id=hold_id,
        posting=moved(source, target, 60, kind=PostingKind.CARD),
        settled_at=now(),
    )

    after = Account.objects.get(pk=source)
    assert (after.booked_minor, after.held_minor) == (940, 0)
