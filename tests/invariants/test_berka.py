"""Another bank's year, replayed: every balance of ours is that bank's own, or explained."""

from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command

from apps.accounts.contracts import Accounts
from apps.auth.contracts import Users
from apps.transactions.management.bank_report import Report
from config.contexts import CONTEXTS, alias
from vortex.binding import bind

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=[alias(c.name) for c in CONTEXTS]),
]
FIRST_HOLDER = "client-2873@berka.example"  # of account 2378, the first one opened


def imported(directory: Path, path: Path, **options: object) -> Report:
    """Run the command and return its report."""
    call_command("import_bank", "berka", directory, report=path, progress="plain", **options)
    return msgspec.json.decode(path.read_bytes(), type=Report)


def test_the_whole_bank_is_carried_over_once_and_every_balance_agrees(
    berka: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    # A first run that ends early, as one that is killed between two batches does.
    begun = imported(berka, tmp_path / "begun.json", limit=3_000)
    assert (begun.posted, begun.compared, begun.unexplained) == (3_000, 3_000, 0)

    report = imported(berka, tmp_path / "report.json")

    assert report.agrees
    assert (report.rows, report.posted, report.already_there) == (23_457, 20_457, 3_000)
    assert (report.customers, report.accounts) == (625, 625)
    assert report.refusals == {}
    assert (report.compared, report.exact, report.within_rounding) == (23_457, 13_448, 10_009)
    assert (report.unexplained, report.missing, report.strangers) == (0, 0, 0)
    assert (report.steps_exact, report.steps_within_rounding, report.steps_beyond) == (
        22_426,
        1_031,
        0,
    )
    assert report.largest_difference_minor == 70
    assert "unexplained" in capsys.readouterr().out

    again = imported(berka, tmp_path / "again.json")
    assert (again.posted, again.already_there, again.exact) == (0, 23_457, 13_448)

    holder = bind(Users).by_email(email=FIRST_HOLDER)
    (account,) = bind(Accounts).accounts_of(owner_id=holder.user_id)
    assert (account.currency, account.opened_at.year) == ("CZK", 1993)
    assert holder.created_at == account.opened_at
