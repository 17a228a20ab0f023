"""Carrying a bank over: nothing from a damaged dump, everything once, every difference reported."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command

from apps.accounts.contracts import Accounts
from apps.auth.contracts import Users
from apps.transactions.contracts import Ledger, Leg, Posting
from apps.transactions.management.bank_report import Report
from apps.transactions.tests.import_fakes import MemoryAccounts, MemoryUsers
from vortex.binding import bind
from vortex.contracts import implementation_of
from vortex.db import alias_of
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.testing import stub

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

TRANS = "trans_id,account_id,date,type,operation,amount,balance,k_symbol,bank,account"
ROWS = (
    "1,7,930101,PRIJEM,VKLAD,1000.00,1000.00,,,",
    "9,8,930101,PRIJEM,VKLAD,50.00,50.00,,,",
    "3,7,930102,VYDAJ,VYBER KARTOU,100.00,600.00,,,",
    "2,7,930102,VYDAJ,VYBER,300.00,700.00,,,",
    "4,7,930131,PRIJEM,,2.10,602.20,UROK,,",
    "10,8,930131,VYDAJ,PREVOD NA UCET,80.00,-30.00,SIPO,AB,123",
    "5,7,930201,VYDAJ,PREVOD NA UCET,2.20,600.00,SIPO,AB,123",
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bank of two people, each with an account, and one account without movements."""
    write(
        tmp_path,
        "account",
        "account_id,district_id,frequency,date",
        *(f"{n},1,POPLATEK MESICNE,930101" for n in (7, 8, 9)),
    )
    owners = (f"{n},{n},{n},OWNER" for n in (7, 8, 9))
    write(tmp_path, "disp", "disp_id,client_id,account_id,type", *owners)
    clients = (f"{n},450204,1" for n in (7, 8, 9))
    write(tmp_path, "client", "client_id,birth_number,district_id", *clients)
    write(tmp_path, "trans", TRANS, *ROWS)
    return tmp_path


def write(directory: Path, table: str, *rows: str) -> None:
    (directory / f"{table}.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))


@pytest.fixture(autouse=True)
def users() -> Iterator[MemoryUsers]:
    fake = MemoryUsers()
    with stub(Users, fake):
        yield fake


@pytest.fixture(autouse=True)
def accounts() -> Iterator[MemoryAccounts]:
    fake = MemoryAccounts()
    with stub(Accounts, fake):
        yield fake


def imported(directory: Path, **options: object) -> Report:
    """Run the command and return the report that it prints as JSON."""
    out = io.StringIO()
    call_command(
        "import_bank", "berka", directory, json=True, progress="plain", stdout=out, **options
    )
    return msgspec.json.decode(out.getvalue(), type=Report)


def test_people_accounts_and_movements_are_carried_over_and_agree(directory, users, accounts):
    report = imported(directory)

    assert report.agrees
    assert (report.customers, report.accounts, report.accounts_without_movements) == (2, 2, 1)
    assert (report.rows, report.posted, report.exact, report.within_rounding) == (7, 7, 5, 2)
    assert (report.steps_exact, report.steps_within_rounding) == (6, 1)
    assert report.accounts_with_overdraft == 1
    assert len(users.known) == len(accounts.known) == 2
    balances = bind(Ledger).balances(account_ids=tuple(accounts.known))
    assert sorted(balance.booked_minor for balance in balances) == [-3_000, 59_990]


def test_a_second_run_adds_nothing_and_agrees_again(directory):
    first = imported(directory)

    second = imported(directory)

    assert (second.posted, second.already_there) == (0, 7)
    assert (second.exact, second.within_rounding) == (first.exact, first.within_rounding)


def test_a_damaged_dump_changes_nothing_at_all(directory, users, accounts):
    write(directory, "trans", TRANS, *ROWS[:-1], "5,7,930201,VYDAJ,PREVOD NA UCET,2.20,1,SIPO,AB,1")

    with pytest.raises(CommandError, match=r"nothing was written\. trans\.csv\.gz, line 8"):
        imported(directory)

    assert not users.known
    assert not accounts.known


def test_a_run_that_stops_half_way_is_finished_by_the_next(directory, monkeypatch):
    monkeypatch.setattr("apps.transactions.management.bank_import._BATCH", 3)
    served = implementation_of(Ledger)
    assert served is not None
    real: Ledger = served

    class Faltering(Ledger):
        """Answers twice, then cannot be reached."""

        calls = 0

        def __getattribute__(self, name):
            if name in {"post_many", "calls"}:
                return object.__getattribute__(self, name)
            return getattr(real, name)

        def post_many(self, *, batch_id, postings):
            Faltering.calls += 1
            if Faltering.calls > 2:
                raise Unavailable
            return real.post_many(batch_id=batch_id, postings=postings)

    with stub(Ledger, Faltering()), pytest.raises(CommandError, match="Run the command again"):
        imported(directory)

    report = imported(directory)
    assert (report.posted, report.already_there) == (1, 6)
    assert report.agrees


def test_a_movement_that_the_ledger_refuses_is_named_and_counted_as_missing(directory, accounts):
    imported(directory, limit=2)
    frozen = next(known for known in accounts.known.values() if known.nickname.endswith("8"))
    bind(Ledger).restrict_account(
        account_id=frozen.account_id, debits_frozen=True, credits_frozen=False
    )
    path = directory / "report.json"
    out = io.StringIO()

    with pytest.raises(CommandError, match="Not everything agrees"):
        call_command("import_bank", "berka", directory, report=path, progress="plain", stdout=out)

    report = msgspec.json.decode(path.read_bytes(), type=Report)
    assert report.refusals == {"account_frozen": 1}
    assert report.refused_examples[0].reference == "trans 10"
    assert (report.unexplained, report.missing) == (1, 1)
    assert "account_frozen" in out.getvalue()


def test_an_entry_that_is_not_of_the_dump_shows_in_every_balance_after_it(directory, accounts):
    imported(directory, limit=4)
    account = next(known for known in accounts.known.values() if known.nickname.endswith("7"))
    other = next(known for known in accounts.known.values() if known.nickname.endswith("8"))
    posting = Posting(
        posting_id=new_id(),
        legs=(
            Leg(account_id=account.account_id, amount_minor=-1, currency="CZK"),
            Leg(account_id=other.account_id, amount_minor=1, currency="CZK"),
        ),
    )
    bind(Ledger).post(posting_id=posting.posting_id, posting=posting)
    path = directory / "report.json"

    with pytest.raises(CommandError, match="Not everything agrees"):
        imported(directory, report=path)

    report = msgspec.json.decode(path.read_bytes(), type=Report)
    assert report.strangers == 2
    assert report.unexplained == 3
    assert len(report.examples) == 3


def test_only_the_first_rows_are_replayed_where_a_limit_is_given(directory):
    report = imported(directory, limit=3)

    assert (report.rows, report.compared) == (3, 3)
    assert report.agrees


def test_the_report_for_people_says_what_was_not_carried_over(directory):
    out = io.StringIO()

    call_command("import_bank", "berka", directory, progress="plain", stdout=out)

    assert "1 more have no movement and were not opened" in out.getvalue()
    assert "all begin at zero, without an opening balance: 2 with cash deposit" in out.getvalue()


def test_a_format_that_nobody_knows_is_refused(directory):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_bank", "monopoly", str(directory))
