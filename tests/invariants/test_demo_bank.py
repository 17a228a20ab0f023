"""The demonstration bank in the real ledger: nothing refused, doubled or lost in a kill."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.contracts import Accounts
from apps.auth.contracts import Users
from apps.transactions.contracts import Ledger, Outcome, Posting
from config.contexts import CONTEXTS, alias
from config.demo import marker
from config.demo.arranged import ARRANGED
from config.demo.bank import Demonstration, demonstration, fill
from config.demo.filing import file_transactions
from config.demo.movement import FEES, INTEREST, WORLD, own
from config.demo.people import CUSTOMERS, QUICK
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal, implementation_of, replace_implementation
from vortex.ids import new_id
from vortex.testing import client_of

pytestmark = pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS])

UNTIL = datetime(2025, 3, 1, 12, tzinfo=UTC)
START = date(2024, 11, 22)


@pytest.fixture(autouse=True)
def _demonstration(settings, tmp_path: Path) -> None:
    settings.VORTEX_DEMO = True
    settings.HOME = tmp_path


@pytest.fixture
def demo() -> Demonstration:
    """Four months of the first two customers."""
    return Demonstration(2026, START, CUSTOMERS[:QUICK])


def filled(demo: Demonstration, until: datetime = UNTIL, after: datetime | None = None):
    return fill(demo, until=until, after=after, style="plain")


def balances(demo: Demonstration) -> dict[str, int]:
    """Return what the ledger says of every account of the demonstration."""
    keys = [purse.key for person in demo.people for purse in person.purses]
    ids = {demo.id_of("account", key): key for key in keys}
    purposes = (own(p, c) for p in (WORLD, INTEREST, FEES) for c in ("EUR", "GBP"))
    ids |= {demo.id_of("own", key): key for key in purposes}
    found = bind(Ledger).balances(account_ids=tuple(ids))
    return {ids[balance.account_id]: balance.booked_minor for balance in found}


def test_the_first_customer_has_used_every_screen_and_no_step_is_made_twice():
    until = now()
    lately = Demonstration(2026, (until - timedelta(days=70)).date(), CUSTOMERS[:1])
    filled(lately, until)
    owner = lately.id_of("user", lately.people[0].key)
    client = client_of(Principal(user_id=owner, session_id=new_id(), roles=("customer",)))

    for _ in range(2):
        file_transactions(lately, until=until)

    counts = {
        path: len(client.get(f"/api/transactions/{path}").json()["items"])
        for path in ("tags", "rules", "disputes", "imports")
    }
    shown = client.get("/api/transactions?limit=200&kind=card").json()["items"]
    assert counts == {"tags": 3, "rules": 1, "disputes": 1, "imports": 1}
    assert sum(item["is_split"] for item in shown) == 1


def test_nothing_is_refused_and_the_ledger_agrees_with_the_simulator(demo: Demonstration):
    done = filled(demo)

    expected: Counter[str] = Counter()
    for movement in demo.movements(UNTIL, None):
        for flow in movement.flows:
            expected[flow.account] += flow.amount_minor
    for key, (arranged, _) in ARRANGED.items():  # what lies in a pot has left the account
        expected[key] -= sum(pot.start_minor for pot in arranged.pots)
    assert not done.refused
    assert done.posted == len(demo.movements(UNTIL, None)) > 400
    assert {key: minor for key, minor in balances(demo).items() if minor} == {
        key: minor for key, minor in expected.items() if minor
    }


def test_a_second_run_adds_nothing(demo: Demonstration):
    first = filled(demo)
    before = balances(demo)

    second = filled(demo)

    assert (second.posted, second.already_there) == (0, first.posted)
    assert balances(demo) == before


def test_a_later_day_adds_the_days_since(demo: Demonstration):
    filled(demo)
    later = UNTIL + timedelta(days=3)

    added = filled(demo, until=later, after=UNTIL)

    assert 0 < added.posted < 60
    assert (added.already_there, added.refused) == (0, Counter())
    assert filled(demo, until=later).posted == 0


class KilledError(RuntimeError):
    """The process ended here."""


class DyingLedger(Ledger):
    """The real ledger, in a process that dies after some batches, before or after the commit."""

    def __init__(self, real: Ledger, batches: int, *, commits: bool) -> None:
        self._real, self._left, self._commits = real, batches, commits

    def __getattribute__(self, name: str):
        if name.startswith("_") or name == "post_many":
            return object.__getattribute__(self, name)
        return getattr(self._real, name)

    def post_many(self, *, batch_id, postings: tuple[Posting, ...]) -> tuple[Outcome, ...]:
        self._left -= 1
        if self._left < 0 and not self._commits:
            raise KilledError
        outcomes = self._real.post_many(batch_id=batch_id, postings=postings)
        if self._left < 0:
            raise KilledError
        return outcomes


@pytest.fixture
def real_ledger() -> Iterator[Ledger]:
    real = implementation_of(Ledger)
    assert real is not None
    yield real
    replace_implementation(Ledger, real)


@pytest.mark.parametrize("commits", [True, False])
def test_a_run_that_is_killed_is_completed_by_the_next(
    real_ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, commits: bool
):
    monkeypatch.setattr("config.demo.bank._BATCH", 100)
    demo = Demonstration(2026, START, CUSTOMERS[:QUICK])
    replace_implementation(Ledger, DyingLedger(real_ledger, 2, commits=commits))
    with pytest.raises(KilledError):
        filled(demo)
    replace_implementation(Ledger, real_ledger)

    completed = filled(demo)

    assert completed.already_there == (300 if commits else 200)
    assert completed.posted + completed.already_there == len(demo.movements(UNTIL, None))
    assert not completed.refused


def test_the_command_fills_tells_and_then_has_nothing_to_do(capsys: pytest.CaptureFixture[str]):
    call_command("demo", quick=True, until=date(2026, 11, 20), progress="plain")
    told = capsys.readouterr().out
    call_command("demo", quick=True, until=date(2026, 11, 20), progress="plain")

    assert "customer1@example.com, customer2@example.com, staff@example.com" in told
    assert "refused" not in told
    assert "is filled up to 2026-11-20" in capsys.readouterr().out


def test_the_logins_are_those_that_the_readme_names():
    call_command("demo", quick=True, until=date(2026, 11, 20), progress="plain")

    staff = bind(Users).by_email(email="staff@example.com")
    clara = bind(Users).by_email(email="customer1@example.com")

    assert "administrator" in staff.roles
    assert clara.roles == ("customer",)
    held = bind(Accounts).accounts_of(owner_id=clara.user_id)
    assert sorted((account.product.value, account.currency) for account in held) == [
        ("checking", "EUR"),
        ("external", "EUR"),
        ("savings", "EUR"),
        ("wallet", "GBP"),
    ]


def test_the_note_of_a_former_bank_is_not_believed_even_after_a_kill(
    settings, real_ledger: Ledger, capsys: pytest.CaptureFixture[str]
):
    until = date(2026, 11, 20)
    demo, is_known = demonstration(seed=2026, today=until, quick=True)
    note = marker.Marker(
        first=demo.id_of("user", "customer1"),
        customers=QUICK,
        until=datetime.max.replace(tzinfo=UTC),
    )
    marker.write(Path(settings.HOME) / "run" / "demo.json", note)
    replace_implementation(Ledger, DyingLedger(real_ledger, 0, commits=False))
    with pytest.raises(KilledError):
        call_command("demo", quick=True, until=until, progress="plain")
    replace_implementation(Ledger, real_ledger)

    call_command("demo", quick=True, until=until, progress="plain")

    assert not is_known
    assert "postings since 2024-11-20" in capsys.readouterr().out


def test_another_seed_does_not_go_on_with_this_bank():
    call_command("demo", quick=True, until=date(2026, 11, 20), progress="plain")

    with pytest.raises(CommandError, match="not by a demonstration with the seed 7"):
        call_command("demo", quick=True, seed=7, progress="plain")


def test_a_bank_that_is_no_demonstration_is_left_alone(settings):
    settings.VORTEX_DEMO = False

    with pytest.raises(CommandError, match="no demonstration"):
        call_command("demo")

    assert not bind(Ledger).balances(account_ids=(new_id(),))


def test_the_future_is_not_simulated():
    with pytest.raises(CommandError, match="yet to come"):
        call_command("demo", until=date(2999, 1, 1))


def test_a_damaged_note_is_no_note(tmp_path: Path):
    (tmp_path / "demo.json").write_text("{")

    assert marker.read(tmp_path / "demo.json") is None
    assert marker.read(tmp_path / "missing.json") is None
