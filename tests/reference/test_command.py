"""`make docs` refuses to write down a contract that breaks its callers."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from config.management.commands import reference

OPERATION: dict[str, Any] = {
    "kind": "query",
    "key": None,
    "deadline_ms": 1000,
    "arguments": {},
    "answer": "int",
    "refuses": [],
}


def contract(**operations: Any) -> str:
    services = {"Payments": {"version": 1, "operations": operations}}
    whole = {"context": "payments", "services": services, "events": {}, "refusals": {}, "types": {}}
    return msgspec.json.encode(whole).decode()


@pytest.fixture
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose published contract has one operation, and whose code has lost it."""
    settings.ROOT = tmp_path
    written = tmp_path / "docs" / "reference" / "contracts"
    written.mkdir(parents=True)
    (written / "payments.json").write_text(contract(pay=OPERATION))
    monkeypatch.setattr(reference, "pages", lambda _: {"contracts/payments.json": contract()})
    monkeypatch.setattr(reference, "scratch_databases", _nothing)
    return written


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def test_a_broken_contract_is_not_written(folder: Path) -> None:
    with pytest.raises(CommandError, match=r"operation Payments\.pay is gone"):
        call_command("reference")

    assert (folder / "payments.json").read_text() == contract(pay=OPERATION)


def test_a_broken_contract_is_written_by_somebody_who_means_it(folder: Path) -> None:
    call_command("reference", accept_breaking=True)

    assert (folder / "payments.json").read_text() == contract()


def test_a_stale_page_is_named_and_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = {"contracts/payments.json": contract(pay=OPERATION, payee=OPERATION)}
    monkeypatch.setattr(reference, "pages", lambda _: grown)

    with pytest.raises(CommandError, match=r"stale: contracts/payments\.json"):
        call_command("reference", check=True)

    assert (folder / "payments.json").read_text() == contract(pay=OPERATION)
