"""What a stranger does: clone, one command, use the bank, stop, and start again."""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bank import ROOT, Bank, place, wait_for


@pytest.mark.xdist_group("newcomer")
@pytest.mark.timeout(600)
def test_a_stranger_opens_the_bank_from_a_fresh_clone() -> None:
    with place() as directory:
        _open_from_a_fresh_clone(directory / "vortexcore", directory / "nobody")


def _open_from_a_fresh_clone(clone: Path, empty_home: Path) -> None:
    empty_home.mkdir()
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    stranger = {"HOME": str(empty_home), "VIRTUAL_ENV": "", "PATH": _plain_path()}
    bank = Bank(clone / ".vortex", command=["make", "up"], cwd=clone)

    bank.open(**stranger)
    try:
        _see_the_dashboard(bank)
        with bank.client("customer1@example.com") as customer:
            accounts = customer.get("/api/accounts").json()["items"]
            history = customer.get("/api/transactions").json()["items"]
        assert accounts
        assert history
    finally:
        assert bank.close() == 0, bank.said()

    begun = time.monotonic()
    bank.open(**stranger)
    try:
        print(f"a second start took {time.monotonic() - begun:.1f} s")  # noqa: T201
        with bank.client("customer1@example.com") as customer:
            kept = customer.get("/api/accounts").json()["items"]
            assert _money(kept) == _money(accounts)
    finally:
        bank.close()
    wait_for(lambda: not _left_running(clone), 20, "nothing is left running")


def _see_the_dashboard(bank: Bank) -> None:
    """Have the page, and the script that it names: small, and never asked for a second time."""
    with bank.client() as anyone:
        page = anyone.get("/")
        assert page.status_code == 200, bank.said()
        script = re.search(r"/static/assets/[\w-]+\.js", page.text)
        assert script is not None, page.text
        answer = anyone.get(script[0], headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]


def _money(accounts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is booked on each account."""
    return {account["id"]: account["balance"]["booked"] for account in accounts}


def _plain_path() -> str:
    """Return PATH without the virtual environment that runs this test."""
    own = str(ROOT / ".venv" / "bin")
    return os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != own)


def _left_running(clone: Path) -> bool:
    found = subprocess.run(
        ["pgrep", "--full", str(clone)], capture_output=True, text=True, check=False
    )
    return bool(found.stdout.split())
