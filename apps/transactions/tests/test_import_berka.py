"""The Berka reader: real data to the last row, and every way in which a dump can be damaged."""

import gzip
from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from apps.transactions.adapters.banks import UnreadableDumpError, open_dump
from apps.transactions.adapters.banks.dump import Movement
from apps.transactions.contracts import CATEGORIES, PostingKind
from apps.transactions.domain.agreement import Comparison, Verdict
from apps.transactions.management.bank_import import survey
from apps.transactions.tests.real_data import real_data

TRANS = "trans_id,account_id,date,type,operation,amount,balance,k_symbol,bank,account"
DEPOSIT = "1,7,930101,PRIJEM,VKLAD,1000.00,1000.00,,,"
WITHDRAWAL = "2,7,930102,VYDAJ,VYBER,300.00,700.00,,,"
CARD = "3,7,930102,VYDAJ,VYBER KARTOU,100.00,600.00,,,"
INTEREST = "4,7,930131,PRIJEM,,2.10,602.20,UROK,,"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bank of one person and one account."""
    write(tmp_path, "account", "account_id,district_id,frequency,date\n7,1,POPLATEK MESICNE,930101")
    write(tmp_path, "disp", "disp_id,client_id,account_id,type\n1,5,7,OWNER\n2,6,7,DISPONENT")
    write(tmp_path, "client", "client_id,birth_number,district_id\n5,450204,1\n6,455204,1")
    transactions(tmp_path, DEPOSIT, CARD, WITHDRAWAL, INTEREST)
    return tmp_path


def write(directory: Path, table: str, text: str) -> None:
    """Write one table of a dump."""
    (directory / f"{table}.csv.gz").write_bytes(gzip.compress(text.encode()))


def transactions(directory: Path, *rows: str) -> None:
    """Write the rows of trans.csv."""
    write(directory, "trans", "\n".join((TRANS, *rows)))


def movements(directory: Path) -> list[Movement]:
    """Read every movement."""
    return list(open_dump("berka", directory).movements())


def test_a_day_is_read_in_the_order_of_its_balances_and_not_of_its_file(directory: Path):
    read = movements(directory)

    assert [movement.reference for movement in read] == ["trans 1", "trans 2", "trans 3", "trans 4"]
    assert [movement.amount_minor for movement in read] == [100_000, -30_000, -10_000, 210]
    assert read[1].booked_at < read[2].booked_at
    assert {movement.effective_date for movement in read[1:3]} == {date(1993, 1, 2)}


def test_both_words_for_a_debit_are_debits_and_only_interest_is_rounded(directory: Path):
    transactions(directory, DEPOSIT, "2,7,930102,VYBER,VYBER,300.00,700.00,,,", INTEREST)

    with pytest.raises(UnreadableDumpError):  # the interest no longer fits: the card row is gone
        movements(directory)
    transactions(directory, DEPOSIT, "2,7,930102,VYBER,VYBER,300.00,700.00,,,")
    read = movements(directory)

    assert read[1].amount_minor == -30_000
    assert not any(movement.rounded for movement in read)
    assert read[0].kind is PostingKind.DEPOSIT


def test_reading_twice_gives_the_same_ids(directory: Path):
    assert movements(directory) == movements(directory)


def test_people_and_accounts_are_those_with_movements_and_hold_by_ownership(directory: Path):
    accounts = survey(open_dump("berka", directory).movements()).accounts

    (person,) = open_dump("berka", directory).people(accounts)
    (opening,) = open_dump("berka", directory).openings(accounts)

    assert person.full_name == "Client 5"
    assert opening.owner_id == person.user_id
    assert opening.opened_at.date() == date(1993, 1, 1)
    assert open_dump("berka", directory).left_out(accounts) == {"accounts": 0, "disponents": 1}


def test_an_overdraft_is_granted_as_deep_as_the_bank_let_the_account_go(directory: Path):
    transactions(directory, DEPOSIT, "2,7,930102,VYDAJ,VYBER,2100.50,-1100.50,,,")

    found = survey(open_dump("berka", directory).movements())
    (account,) = found.accounts

    assert found.overdraft_minor(account) == 200_000
    assert found.overdrafts == 1


def test_an_account_that_never_went_below_zero_gets_no_overdraft(directory: Path):
    found = survey(open_dump("berka", directory).movements())
    (account,) = found.accounts

    assert found.overdraft_minor(account) == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,7,930102,VYDAJ,VYBER,300.00,700.00,,", "line 3: the row does not have 10 fields"),
        ("2,7,930102,VYDAJ,VYBER,300.00,700.00,,,,", "line 3: the row does not have 10 fields"),
        ("2,7,930230,VYDAJ,VYBER,300.00,700.00,,,", "line 3: day is out of range"),
        ("2,7,1993-01-02,VYDAJ,VYBER,300.00,700.00,,,", "line 3: '1993-01-02' is not a date"),
        ("2,7,930102,VYDAJ,VYBER,3e2,700.00,,,", "line 3: '3e2' is not an amount"),
        ("2,7,930102,VYDAJ,VYBER,NaN,700.00,,,", "line 3: 'NaN' is not an amount"),
        ("2,7,930102,VYDAJ,VYBER,300.005,700.00,,,", "line 3: '300.005' is not an amount"),
        ("2,7,930102,VYDAJ,VYBER,-300.00,700.00,,,", "line 3: the amount -300.00 is not positive"),
        ("2,7,930102,VYDAJ,VYBER,0.00,1000.00,,,", "line 3: the amount 0.00 is not positive"),
        ("2,7,930102,GIFT,VYBER,300.00,700.00,,,", "line 3: type 'GIFT' is none of"),
        ("2,7,930102,VYDAJ,LOTTERY,300.00,700.00,,,", "line 3: operation and symbol"),
        ("2,8,930102,VYDAJ,VYBER,300.00,700.00,,,", "account.csv has no account 8"),
        ("1,7,930102,VYDAJ,VYBER,300.00,700.00,,,", "trans 1: this trans_id occurs twice"),
        ("2,7,921231,VYDAJ,VYBER,300.00,700.00,,,", "sort it by date"),
        ("2,7,930102,VYDAJ,VYBER,300.00,701.00,,,", "account 7 on 1993-01-02: no order"),
        ("x,7,930102,VYDAJ,VYBER,300.00,700.00,,,", "line 3: 'x' is not a number"),
    ],
)
def test_a_wrong_row_is_named_with_file_line_and_reason(directory: Path, row: str, reason: str):
    transactions(directory, DEPOSIT, row)

    with pytest.raises(UnreadableDumpError) as caught:
        survey(open_dump("berka", directory).movements())

    assert "trans" in str(caught.value)
    assert reason in str(caught.value)


def test_a_missing_table_other_columns_and_a_torn_archive_are_refused(directory: Path):
    (directory / "client.csv.gz").unlink()
    with pytest.raises(UnreadableDumpError, match=r"no client\.csv"):
        list(open_dump("berka", directory).people(survey(movements(directory)).accounts))

    write(directory, "trans", "id,amount\n1,2")
    with pytest.raises(UnreadableDumpError, match=r"trans\.csv\.gz, line 1: its columns"):
        movements(directory)

    whole = gzip.compress(f"{TRANS}\n{DEPOSIT}".encode())
    (directory / "trans.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(UnreadableDumpError, match="cannot be read"):
        movements(directory)

    (directory / "trans.csv.gz").write_bytes(gzip.compress(TRANS.encode() + b"\n\xff\xfe"))
    with pytest.raises(UnreadableDumpError, match="cannot be read"):
        movements(directory)


def test_an_account_without_an_owner_is_refused(directory: Path):
    write(directory, "disp", "disp_id,client_id,account_id,type\n2,6,7,DISPONENT")

    with pytest.raises(UnreadableDumpError, match="account 7 has no owner"):
        movements(directory)


def test_every_row_of_the_real_bank_is_reproduced_or_explained_by_its_rounding():
    read = movements(real_data("berka"))
    comparisons: dict[UUID, Comparison] = {}
    ours: Counter[UUID] = Counter()
    verdicts: Counter[Verdict] = Counter()
    steps: Counter[int] = Counter()

    for movement in read:
        comparison = comparisons.setdefault(movement.account_id, Comparison(step_minor=10))
        ours[movement.account_id] += movement.amount_minor
        verdict = comparison.judge(
            amount_minor=movement.amount_minor,
            ours_minor=ours[movement.account_id],
            theirs_minor=movement.balance_minor,
            rounded=movement.rounded,
        )
        verdicts[verdict] += 1
        steps[comparison.step_difference(movement.amount_minor, movement.balance_minor)] += 1

    assert len(read) == 23_457
    assert steps == {0: 22_426, -10: 624, 10: 407}
    assert verdicts == {Verdict.EXACT: 13_448, Verdict.ROUNDED: 10_009}
    assert len({movement.posting_id for movement in read}) == 23_457
    assert {movement.category for movement in read} <= {"", *CATEGORIES}


def test_the_real_bank_opens_625_accounts_at_zero_of_which_some_need_an_overdraft():
    dump = open_dump("berka", real_data("berka"))

    found = survey(dump.movements())
    people, openings = list(dump.people(found.accounts)), list(dump.openings(found.accounts))

    assert (found.rows, len(people), len(openings)) == (23_457, 625, 625)
    assert found.first == {"Cash deposit": 622, "Incoming transfer": 2, "Pension": 1}
    assert found.overdrafts == sum(found.overdraft_minor(account) > 0 for account in found.accounts)
    assert 0 < found.overdrafts < 37
