"""The survey tells the truth about this project, and finds what was put in the way of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql

from config.contexts import CONTEXTS, context
from extraction.__main__ import main
from extraction.survey import readiness, survey
from extraction.survey.observed import observed, strangers
from extraction.survey.pages import diagram
from tests.architecture.source import ROOT

NAMES = [known.name for known in CONTEXTS]


def names(seams: Any) -> set[str]:
    return {seam.name for seam in seams}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_served_and_said_is_what_the_published_contract_says(name: str) -> None:
    file = ROOT / "docs" / "reference" / "contracts" / f"{name}.json"
    published = msgspec.json.decode(file.read_bytes())

    seen = survey(name)

    operations = {
        f"{service}.{operation} ({said['kind']})"
        for service, described in published["services"].items()
        for operation, said in described["operations"].items()
    }
    assert names(seen.serves) == operations
    assert names(seen.says) == set(published["events"])


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_are_those_that_postgresql_keeps(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "tables.md").read_text()
    _, _, after = page.partition(f"## {name}, in ")
    section = after.partition("\n## ")[0]
    kept = {line.removeprefix("### ").strip("`") for line in section.splitlines() if "###" in line}

    assert kept <= names(survey(name).tables)


def test_a_context_uses_what_its_code_binds() -> None:
    used = names(survey("accounts").uses)

    assert {"transactions.Ledger.open_account", "auth.Challenges.require_step_up"} <= used
    assert not [name for name in used if name.startswith("accounts.")]


def test_every_place_is_a_line_that_exists() -> None:
    for name in NAMES:
        seen = survey(name)
        for field in seen.__struct_fields__:
            for seam in getattr(seen, field) if isinstance(getattr(seen, field), tuple) else ():
                path, line = seam.place.rsplit(":", 1)
                assert 0 < int(line) <= len((ROOT / path).read_text().splitlines())


@pytest.mark.parametrize("name", ["auth", "accounts", "transactions"])
def test_a_built_context_is_ready(name: str) -> None:
    ready = readiness(name)

    assert ready.blockers == ()
    assert ready.score == 100


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the source, to put something in the way of it."""
    shutil.copytree(ROOT / "apps", tmp_path / "apps", ignore=_unneeded)
    return tmp_path


def _unneeded(_: str, found: list[str]) -> set[str]:
    return {name for name in found if name in {"node_modules", "__pycache__", "web", "dist"}}


def _add(path: str, text: str) -> Callable[[Path], None]:
    def add(root: Path) -> None:
        with (root / path).open("a") as file:
            file.write(text)

    return add


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        (
            _add("apps/accounts/selectors/money.py", "\nfrom apps.transactions import selectors\n"),
            "imports apps.transactions.selectors",
        ),
        (
            _add("apps/accounts/conf.py", "\nfrom config.contexts import CONTEXTS\n"),
            "from outside of apps",
        ),
        (
            _add(
                "apps/accounts/models/__init__.py",
                '\nbuyer = models.ForeignKey("payments.Payment", on_delete=1)\n',
            ),
            "relates to payments.Payment",
        ),
        (
            _add("apps/accounts/conf.py", '\nQUERY = "select 1 from transactions_account"\n'),
            "names transactions_account of transactions",
        ),
        (
            _add("apps/accounts/tasks.py", '\n@shared_task(name="payments.x")\ndef x(): ...\n'),
            "payments.x would go to the queue",
        ),
        (
            _add("apps/accounts/models/__init__.py", "\nfile = models.FileField()\n"),
            "do not move with the database",
        ),
        (
            _add("apps/accounts/conf.py", "\nfrom django.db.models.signals import post_save\n"),
            "a signal reaches this process only",
        ),
        (
            lambda root: (root / "apps/transactions/interface/ledger.py").unlink(),
            "calls transactions.Ledger, which nobody serves",
        ),
        (lambda root: shutil.rmtree(root / "apps/accounts/tests"), "no test of its own"),
        (lambda root: shutil.rmtree(root / "apps/accounts/migrations"), "nothing to move"),
    ],
)
def test_what_stands_in_the_way_is_found_with_its_place(
    house: Path, breaks: Callable[[Path], None], sentence: str
) -> None:
    breaks(house)

    ready = readiness("accounts", house)

    found = [blocker for blocker in ready.blockers if sentence in blocker.sentence]
    assert found, ready.blockers
    assert ready.score < 100
    assert found[0].place.startswith("apps/accounts/")


def test_the_page_of_seams_is_fresh() -> None:
    assert main(["survey", "--check", str(ROOT / "docs/reference/seams.md")]) == 0


def test_a_stale_page_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seams.md").write_text("old")

    assert main(["survey", "--check", str(tmp_path / "seams.md")]) == 1
    assert "make docs" in capsys.readouterr().err


def test_the_picture_shows_calls_and_events() -> None:
    drawn = diagram([survey(name) for name in NAMES])

    assert "  accounts --> transactions\n" in drawn
    assert drawn.startswith("```mermaid\nflowchart LR\n")


def test_the_command_answers_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", "transactions"]) == 0
    told = capsys.readouterr().out
    assert main(["survey", "transactions", "--json"]) == 0
    answer = msgspec.json.decode(capsys.readouterr().out)
    assert main(["survey"]) == 0
    everybody = capsys.readouterr().out

    assert "readiness: 100" in told
    assert "Ledger.balance (query)" in told
    assert answer["transactions"]["readiness"]["score"] == 100
    assert answer["transactions"]["survey"]["port"] == 3003
    assert all(name in everybody for name in NAMES)


def test_an_unknown_context_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", "loans"]) == 1

    said = capsys.readouterr().err
    assert all(name in said for name in NAMES)


@pytest.mark.servers
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_the_sql_of_each_role_is_seen_and_a_stranger_is_named() -> None:
    """A role that is neither the context's nor a superuser's reads the ledger: it is found out."""
    from django.db import connections

    from vortex.db import alias_of

    own = connections[alias_of("transactions")]
    with own.cursor() as cursor:
        cursor.execute("select count(*) from transactions_account")
    admin = os.environ["VORTEX_TEST_ADMIN_URL"]
    database = str(own.settings_dict["NAME"])
    inside = psycopg.conninfo.make_conninfo(admin, dbname=database)
    role = sql.Identifier("vortex_stranger")
    with psycopg.connect(inside, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} nologin").format(role))
        try:
            connection.execute(sql.SQL("grant select on transactions_account to {}").format(role))
            connection.execute(sql.SQL("set role {}").format(role))
            connection.execute("select id from transactions_account limit 1")
            connection.execute("reset role")
            seen = observed(inside, context("transactions"))
        finally:
            connection.execute("reset role")
            connection.execute(sql.SQL("drop owned by {}").format(role))
            connection.execute(sql.SQL("drop role {}").format(role))

    roles = {each.role: each for each in seen}
    assert "transactions_account" in roles["vortex_transactions"].tables
    assert strangers(seen, context("transactions")) == ["vortex_stranger"]
