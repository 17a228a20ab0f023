"""Importing a statement: every line once, however often and in however many files it comes."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.contracts import Accounts, AccountView, Product
from apps.transactions.contracts import Ledger
from apps.transactions.tests.import_fakes import MemoryAccounts
from apps.transactions.tests.real_data import real_data
from vortex.binding import bind
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import stub

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

HEADER = "date,memo,amount\n"
COFFEE = "2026-03-02,Coffee,-2.50\n"
SALARY = "2026-03-01,Salary,1000.00\n"


@pytest.fixture
def accounts() -> Iterator[MemoryAccounts]:
    fake = MemoryAccounts()
    with stub(Accounts, fake):
        yield fake


@pytest.fixture
def account(accounts: MemoryAccounts) -> AccountView:
    """An account in euros with nothing on it and no overdraft."""
    return opened(accounts, "EUR")


def opened(accounts: MemoryAccounts, currency: str, overdraft_minor: int = 0) -> AccountView:
    return accounts.open_account(
        account_id=new_id(),
        owner_id=new_id(),
        product=Product.CHECKING,
        currency=currency,
        nickname="Mine",
        overdraft_minor=overdraft_minor,
        opened_at=now(),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statement.csv"


def run(path: Path, account: AccountView, content: str = "", **options: object) -> str:
    """Import a file, written first where content is given, and return what the command said."""
    if content:
        path.write_text(content)
    out = io.StringIO()
    call_command("import_statement", path, account=account.iban, stdout=out, **options)
    return out.getvalue()


def booked(account: AccountView) -> int:
    return bind(Ledger).balance(account_id=account.account_id).booked_minor


def entries(account: AccountView) -> list[tuple[str, int]]:
    lines = bind(Ledger).entries(account_id=account.account_id)
    return [(line.description, line.amount_minor) for line in lines]


def test_the_lines_of_a_file_are_posted_oldest_first_with_their_dates(account, path):
    said = run(path, account, HEADER + COFFEE + SALARY)

    lines = bind(Ledger).entries(account_id=account.account_id)
    assert [(line.description, line.amount_minor) for line in lines] == [
        ("Salary", 100_000),
        ("Coffee", -250),
    ]
    assert [str(line.effective_date) for line in lines] == ["2026-03-01", "2026-03-02"]
    assert lines[1].booked_at.date() == lines[1].effective_date
    assert "2 posted, 0 were there before." in said
    assert "1000.00 received, 2.50 paid" in said


def test_the_same_file_twice_adds_nothing(account, path):
    run(path, account, HEADER + SALARY + COFFEE)

    said = run(path, account)

    assert "0 posted, 2 were there before." in said
    assert booked(account) == 99_750


def test_equal_lines_within_a_file_are_all_kept(account, path):
    run(path, account, HEADER + SALARY + COFFEE * 3)

    assert entries(account).count(("Coffee", -250)) == 3

    run(path, account)
    assert entries(account).count(("Coffee", -250)) == 3


def test_a_file_that_overlaps_another_adds_only_what_is_new(account, path):
    run(path, account, HEADER + SALARY + COFFEE * 2)

    said = run(path, account, HEADER + "2026-03-03,Rent,-500.00\n" + COFFEE * 3)

    assert "2 posted, 2 were there before." in said
    assert entries(account).count(("Coffee", -250)) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.sampled_from(["1.00", "2.00", "3.50"]), min_size=1, max_size=8), st.data())
def test_any_two_files_of_one_day_give_what_the_fuller_one_says_of_each_line(
    accounts, path, lines: list[str], data: st.DataObject
):
    account = opened(accounts, "EUR")
    earlier = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines)))

    for amounts in filter(None, (earlier, lines, lines[::-1])):
        run(path, account, HEADER + "".join(f"2026-03-01,x,{amount}\n" for amount in amounts))

    expected = {a: max(earlier.count(a), lines.count(a)) for a in set(earlier + lines)}
    made = [minor for _, minor in entries(account)]
    assert {a: made.count(int(a.replace(".", ""))) for a in expected} == expected


def test_the_same_line_on_two_accounts_is_two_lines(accounts, account, path):
    other = opened(accounts, "EUR")

    run(path, account, HEADER + SALARY)
    run(path, other)

    assert (booked(account), booked(other)) == (100_000, 100_000)


def test_a_reused_fitid_loses_nothing_and_a_reissued_one_doubles_nothing(accounts, path):
    usd = opened(accounts, "USD", overdraft_minor=100_000)
    source = (real_data("statements") / "ofx/checking.ofx").read_text()

    run(path, usd, source)
    run(path, usd, source.replace("<FITID>0000486", "<FITID>reissued"))
    run(path, usd, source.replace("<FITID>0000487", "<FITID>0000486"))

    assert len(entries(usd)) == 3


def test_every_readable_real_file_is_posted_whole_and_once(accounts, path):
    folder = real_data("statements") / "ofx"
    for name, currency, lines in (
        ("anzcc.ofx", "AUD", 1),
        ("bank_medium.ofx", "CAD", 3),
        ("br_nubank_cc.ofx", "BRL", 6),
        ("ofx-v102-empty-tags.ofx", "USD", 1),
        ("stmtrs_euro.ofx", "USD", 2),
        ("test_ofx.ofx", "USD", 4),
    ):
        account = opened(accounts, currency, overdraft_minor=10_000_000)

        assert f"{lines} posted" in run(folder / name, account), name
        assert f"0 posted, {lines} were there" in run(folder / name, account), name


def test_a_preview_shows_the_lines_and_posts_nothing(account, path):
    said = run(path, account, HEADER + SALARY + COFFEE, dry_run=True)

    assert "Coffee" in said
    assert "Nothing was posted" in said
    assert entries(account) == []


def test_lines_that_the_account_cannot_pay_are_refused_with_a_way_out(account, path):
    out = io.StringIO()
    path.write_text(HEADER + COFFEE + "2026-03-05,Salary,10.00\n")

    with pytest.raises(CommandError, match="1 lines were refused"):
        call_command("import_statement", path, account=account.iban, stdout=out)

    assert "--opening-balance" in out.getvalue()
    assert booked(account) == 1_000
    run(path, account, opening_balance="100.00")
    assert booked(account) == 1_000 - 250 + 10_000


def test_an_opening_balance_is_posted_once_whatever_is_said_later(account, path):
    run(path, account, HEADER + COFFEE, opening_balance="100.00")
    run(path, account, opening_balance="100.00")

    with pytest.raises(CommandError, match="refused"):
        run(path, account, opening_balance="200.00")

    assert booked(account) == 9_750


def test_a_line_that_is_yet_to_come_stops_the_file_before_it_starts(account, path):
    with pytest.raises(CommandError, match="yet to come"):
        run(path, account, HEADER + SALARY + "2999-01-01,Pension,1.00\n")

    assert entries(account) == []


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("%PDF", {}, "statement.csv is not imported. The file is a PDF document"),
        (HEADER + "2026-01-01,x,0.00\n", {}, "It has no amounts"),
        (HEADER + SALARY, {"opening_balance": "1e3"}, "is not a decimal amount"),
        (HEADER + SALARY, {"column": ["amount"]}, "is not ROLE=TITLE"),
        (HEADER + SALARY, {"column": ["colour=memo"]}, "is not ROLE=TITLE"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_posted(
    account, path, content: str, options: dict[str, object], words: str
):
    with pytest.raises(CommandError, match=words):
        run(path, account, content, **options)

    assert entries(account) == []


def test_an_iban_that_nobody_has_is_refused(accounts, path):
    with pytest.raises(CommandError, match="No account of this bank has the IBAN DE00"):
        call_command("import_statement", path, account="DE00")


def test_a_missing_file_is_refused(account, path):
    with pytest.raises(CommandError, match="cannot be opened: No such file"):
        run(path, account)
