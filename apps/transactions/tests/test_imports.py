"""Imports over HTTP: what a file says is shown, then posted once, and never to this bank."""

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.transactions.contracts import (
    History,
    HistoryLine,
    ImportNeedsExternalAccount,
    LedgerAccountKind,
    MalformedHistory,
)
from apps.transactions.models import Account, Entry, ImportRow, StatementImport, StoredFile
from apps.transactions.services import accounts, import_rows, importing
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.real_data import real_data
from apps.transactions.tests.test_api import account_of, body, booked, send
from vortex.binding import bind
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[alias_of("transactions")])

HEADER = "date,memo,payee,amount\n"
COFFEE = "2026-03-02,Coffee,Café,-2.50\n"
SALARY = "2026-03-01,Salary,ACME,1000.00\n"


def elsewhere(owner: Principal, currency: str = "EUR") -> UUID:
    """Open an account at another bank."""
    return accounts.open_account(
        account_id=new_id(),
        owner_id=owner.user_id,
        currency=currency,
        kind=LedgerAccountKind.EXTERNAL,
        name="Elsewhere",
        overdraft_minor=0,
        opened_at=now(),
    ).id


def sent(
    owner: Principal, account_id: UUID, content: str | bytes, name: str = "s.csv", **said: Any
) -> Any:
    """Send a statement and return the answer."""
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, raw, content_type="application/octet-stream")
    return client_of(owner).post(
        "/api/transactions/imports",
        {"account_id": str(account_id), "file": file, **said},
        format="multipart",
    )


def published(owner: Principal, account_id: UUID, content: str) -> dict[str, int]:
    """Send and publish a statement, and return its counts."""
    made = sent(owner, account_id, content)
    assert made.data["state"] == "ready", made.data
    done = client_of(owner).post(f"/api/transactions/imports/{made.data['id']}/publish")
    assert done.data["state"] == "published", done.data
    return dict(done.data["rows"])


def lines(owner: Principal, import_id: str, **asked: Any) -> list[tuple[str, str]]:
    """Return description and status of the lines of an import."""
    answer = client_of(owner).get(f"/api/transactions/imports/{import_id}/rows", asked)
    assert answer.status_code == 200, answer.content
    return [(row["description"], row["status"]) for row in answer.data["items"]]


def test_a_statement_is_shown_first_and_posted_when_it_is_published() -> None:
    alice = person()
    account_id = elsewhere(alice)

    made = sent(alice, account_id, HEADER + COFFEE + SALARY)
    assert made.status_code == 201, made.content
    assert made.data["format"] == "CSV"
    assert made.data["rows"]["new"] == 2
    assert booked(account_id) == 0
    assert lines(alice, made.data["id"]) == [("Salary", "new"), ("Coffee", "new")]
    done = client_of(alice).post(f"/api/transactions/imports/{made.data['id']}/publish")

    assert done.data["state"] == "published"
    assert done.data["rows"]["posted"] == 2
    assert booked(account_id) == 99_750
    (row, _) = (
        client_of(alice).get(f"/api/transactions/imports/{made.data['id']}/rows").data["items"]
    )
    shown = client_of(alice).get(f"/api/transactions/{row['transaction_id']}").data
    assert (shown["description"], shown["counterparty"]) == ("Salary", "ACME")
    assert shown["effective_date"] == "2026-03-01"


def test_equal_lines_are_kept_and_the_same_file_again_adds_none() -> None:
    alice = person()
    account_id = elsewhere(alice)

    assert published(alice, account_id, HEADER + COFFEE * 2)["posted"] == 2
    again = published(alice, account_id, HEADER + COFFEE * 3)

    assert (again["duplicate"], again["posted"]) == (2, 1)
    assert published(alice, account_id, HEADER + COFFEE * 3)["posted"] == 0
    assert booked(account_id) == -750


def test_duplicates_are_those_of_the_account_and_of_no_other() -> None:
    alice = person()
    first, second = elsewhere(alice), elsewhere(alice)

    assert published(alice, first, HEADER + COFFEE)["posted"] == 1
    assert published(alice, second, HEADER + COFFEE)["posted"] == 1
    assert booked(first) == booked(second) == -250


def test_a_line_that_is_left_out_lets_its_equal_move_up() -> None:
    alice = person()
    account_id = elsewhere(alice)
    made = sent(alice, account_id, HEADER + COFFEE * 2)
    at = f"/api/transactions/imports/{made.data['id']}"

    out = client_of(alice).patch(f"{at}/rows/1", {"excluded": True})
    assert out.data["status"] == "excluded", out.data
    client_of(alice).post(f"{at}/publish")

    assert booked(account_id) == -250
    assert published(alice, account_id, HEADER + COFFEE * 2)["posted"] == 1
    assert client_of(alice).patch(f"{at}/rows/2", {"excluded": True}).status_code == 409
    assert client_of(alice).patch(f"{at}/rows/9", {"excluded": True}).status_code == 409


def test_lines_that_cannot_be_read_are_named_and_the_others_go_on() -> None:
    alice = person()
    account_id = elsewhere(alice)
    odd = "2026-13-45,Odd date,,1.00\n2026-03-03,No amount,,\n2026-03-03,Letters,,abc\nshort\n"
    late = "2099-01-01,Tomorrow,,1.00\n"

    made = sent(alice, account_id, HEADER + COFFEE + odd + late)

    assert made.data["state"] == "ready", made.data
    assert (made.data["rows"]["new"], made.data["rows"]["invalid"]) == (1, 5)
    said = client_of(alice).get(
        f"/api/transactions/imports/{made.data['id']}/rows", {"status": "invalid"}
    )
    reasons = " ".join(row["reason"] for row in said.data["items"])
    for words in ("is not a date", "no amount", "not an amount", "fields", "after today"):
        assert words in reasons
    assert "--" not in reasons


def test_a_table_with_unknown_titles_asks_and_is_read_once_it_is_told() -> None:
    alice = person()
    account_id = elsewhere(alice)
    made = sent(alice, account_id, "Tag;Was;Wieviel\n01.03.2026;Lohn;1.000,00\n".encode("cp1252"))
    at = f"/api/transactions/imports/{made.data['id']}"
    assert made.data["state"] == "needs_mapping"
    assert made.data["sample"][0] == ["Tag", "Was", "Wieviel"]
    assert "--" not in made.data["problem"]
    told = {"columns": {"date": "Tag", "amount": "Wieviel", "description": "Was"}}

    assert client_of(alice).patch(at, told).status_code == 428
    late = client_of(alice).patch(at, told, headers={"If-Match": '"other"'})
    read = client_of(alice).patch(at, told, headers={"If-Match": made["ETag"]})

    assert late.status_code == 412
    assert read.data["state"] == "ready", read.data
    assert lines(alice, made.data["id"]) == [("Lohn", "new")]
    assert read.data["mapping"]["columns"]["date"] == "Tag"


def test_what_two_readers_could_read_differently_is_asked_for() -> None:
    alice = person()
    made = sent(alice, elsewhere(alice), "date,memo,amount\n03/04/2026,Coffee,-2.50\n")

    assert made.data["state"] == "needs_mapping"
    assert "date_format" in made.data["problem"]
    told = client_of(alice).patch(
        f"/api/transactions/imports/{made.data['id']}",
        {"date_format": "DD/MM/YYYY"},
        headers={"If-Match": made["ETag"]},
    )
    assert told.data["state"] == "ready"


def test_publishing_twice_is_publishing_once_and_a_cancelled_import_is_over() -> None:
    alice = person()
    account_id = elsewhere(alice)
    first = sent(alice, account_id, HEADER + SALARY).data["id"]
    second = sent(alice, account_id, HEADER + COFFEE).data["id"]
    client, at = client_of(alice), "/api/transactions/imports"

    assert client.post(f"{at}/{first}/publish").data["rows"]["posted"] == 1
    assert client.post(f"{at}/{first}/publish").data["rows"]["posted"] == 1
    assert client.post(f"{at}/{first}/cancel").status_code == 409
    assert client.post(f"{at}/{second}/cancel").data["state"] == "cancelled"
    assert client.post(f"{at}/{second}/cancel").data["state"] == "cancelled"

    assert client.post(f"{at}/{second}/publish").data["code"] == "import_state_refused"
    assert booked(account_id) == 100_000
    assert StoredFile.objects.count() == 1
    assert [one["id"] for one in client.get(at).data["items"]] == [second, first]


def test_two_imports_of_one_file_that_are_read_before_either_is_published_post_it_once() -> None:
    alice = person()
    account_id = elsewhere(alice)
    ids = [sent(alice, account_id, HEADER + COFFEE).data["id"] for _ in range(2)]

    done = [
        client_of(alice).post(f"/api/transactions/imports/{i}/publish").data["rows"] for i in ids
    ]

    assert [(one["posted"], one["duplicate"]) for one in done] == [(1, 0), (0, 1)]
    assert booked(account_id) == -250


def test_a_large_statement_goes_on_where_the_process_died(monkeypatch: Any) -> None:
    alice = person()
    account_id = elsewhere(alice)
    many = "".join(f"2026-03-02,Line {place},,-1.00\n" for place in range(60))
    monkeypatch.setattr(importing, "_AT_ONCE_BYTES", 10)
    monkeypatch.setattr(importing, "_AT_ONCE_ROWS", 10)
    monkeypatch.setattr(import_rows, "_BATCH", 25)
    made = sent(alice, account_id, HEADER + many)
    assert made.data["state"] == "reading"
    importing.work_off(now=now())

    done = client_of(alice).post(f"/api/transactions/imports/{made.data['id']}/publish")
    assert done.data["state"] == "publishing"
    assert import_rows.publish_next(import_id=UUID(made.data["id"]), at=now())
    assert booked(account_id) == -2_500  # here the process dies
    shown = client_of(alice).get(f"/api/transactions/imports/{made.data['id']}").data
    assert (shown["rows"]["posted"], shown["rows"]["new"]) == (25, 35)
    importing.work_off(now=now())
    importing.work_off(now=now())

    assert booked(account_id) == -6_000
    assert StatementImport.objects.get().state == "published"


def test_what_was_there_before_the_first_line_is_posted_once() -> None:
    alice = person()
    account_id = elsewhere(alice)
    for content in (HEADER + SALARY, HEADER + SALARY + COFFEE):
        made = sent(alice, account_id, content, opening_minor="5000")
        client_of(alice).post(f"/api/transactions/imports/{made.data['id']}/publish")

    assert booked(account_id) == 5_000 + 100_000 - 250


def test_a_statement_makes_no_money_at_this_bank() -> None:
    alice = person()
    here = account_of(alice, 1_000)

    refused = sent(alice, here, HEADER + SALARY)

    assert refused.status_code == 422
    assert refused.data["code"] == "import_needs_external_account"
    assert booked(here) == 1_000


def test_no_money_leaves_or_reaches_an_account_at_another_bank() -> None:
    alice = person()
    there, here = elsewhere(alice), account_of(alice, 1_000)
    published(alice, there, HEADER + SALARY)

    out = send(client_of(alice), body(there, here, "500.00"))
    in_ = send(client_of(alice), body(here, there, "5.00"))
    held = send(client_of(alice), body(there, here, "5.00") | {"pending": True})
    several = send(
        client_of(alice),
        {
            "legs": [
                {"account_id": str(there), "amount": {"amount": "-5.00", "currency": "EUR"}},
                {"account_id": str(here), "amount": {"amount": "5.00", "currency": "EUR"}},
            ]
        },
        path="/legs",
    )
    thawed = accounts.restrict_account(account_id=there, debits_frozen=False, credits_frozen=False)

    codes = [answer.data["code"] for answer in (out, in_, held, several)]
    assert codes == ["external_account"] * 4
    assert thawed.debits_frozen
    assert thawed.credits_frozen
    assert (booked(there), booked(here)) == (100_000, 1_000)
    assert [law.name for law in LAWS if breaches_of(law)] == []


def test_nobody_sees_reads_tells_publishes_or_cancels_another_persons_import() -> None:
    alice, eve = person(), client_of(person())
    made = sent(alice, elsewhere(alice), HEADER + COFFEE).data["id"]
    at = f"/api/transactions/imports/{made}"

    answers = [
        eve.get(at),
        eve.get(f"{at}/rows"),
        eve.patch(f"{at}/rows/1", {"excluded": True}),
        eve.patch(at, {}, headers={"If-Match": "*"}),
        eve.post(f"{at}/publish"),
        eve.post(f"{at}/cancel"),
        sent(person(), Account.objects.get(kind="external").id, HEADER + COFFEE),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert eve.get("/api/transactions/imports").data["items"] == []
    assert Entry.objects.count() == 0


def test_a_person_has_at_most_twenty_imports_open() -> None:
    alice = person()
    account_id = elsewhere(alice)
    for _ in range(20):
        assert sent(alice, account_id, HEADER + COFFEE).status_code == 201

    assert sent(alice, account_id, HEADER + COFFEE).data["code"] == "too_many_imports"


def test_history_from_a_provider_and_from_a_file_is_the_same_history() -> None:
    alice = person()
    account_id = elsewhere(alice)
    published(alice, account_id, HEADER + COFFEE)
    day = now().date().replace(year=2026, month=3, day=2)
    coffee = HistoryLine(
        booked_date=day, amount_minor=-250, description="Coffee", counterparty="Café"
    )

    def add(*added: HistoryLine, into: UUID = account_id) -> tuple[int, int]:
        done = bind(History).add_history(batch_id=new_id(), account_id=into, lines=added)
        return done.posted, done.already_there

    assert add(coffee) == (0, 1)
    assert add(coffee, coffee) == (1, 1)
    assert add(coffee, coffee) == (0, 2)
    assert booked(account_id) == -500
    with pytest.raises(ImportNeedsExternalAccount):
        add(coffee, into=account_of(alice))
    with pytest.raises(MalformedHistory):
        add(HistoryLine(booked_date=day, amount_minor=0))


def test_every_statement_of_other_projects_is_imported_or_refused_in_a_sentence() -> None:
    root = real_data("statements")
    alice = person()
    accounts_by = {
        currency: elsewhere(alice, currency)
        for currency in ("EUR", "USD", "PLN", "CHF", "GBP", "AUD", "CAD", "BRL")
    }
    read: list[str] = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in {".ofx", ".qif", ".sta", ".xml"}:
            continue
        for account_id in accounts_by.values():
            made = sent(alice, account_id, path.read_bytes(), name=path.name).data
            client = client_of(alice)
            at = f"/api/transactions/imports/{made['id']}"
            if made["state"] == "ready":
                done = client.post(f"{at}/publish").data
                assert done["rows"]["refused"] == 0, path
                assert done["rows"]["posted"] + done["rows"]["duplicate"] > 0, path
                read.append(path.name)
                break
            assert made["problem"].rstrip().endswith("."), path
            client.post(f"{at}/cancel")
            if "kept in" not in made["problem"]:
                break
    assert len(read) >= 26
    assert ImportRow.objects.filter(status="refused").count() == 0
    assert [law.name for law in LAWS if breaches_of(law)] == []
