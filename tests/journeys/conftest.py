"""One bank for all journeys of a worker: customers meet in it and must not disturb each other."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.bank import ROOT, Bank, place
from vortex.ids import new_id


@pytest.fixture(scope="session")
def bank() -> Iterator[Bank]:
    """A demonstration bank, opened once; VORTEX_JOURNEYS_OUT names the contexts that are out."""
    out = [name for name in os.environ.get("VORTEX_JOURNEYS_OUT", "").split(",") if name]
    with place() as directory, Bank(directory / "home") as running:
        for context in out:
            subprocess.run(
                [sys.executable, "-m", "extraction", "move", context],
                cwd=ROOT,
                env=running.environment(),
                check=True,
            )
        yield running


@pytest.fixture
def newcomer(bank: Bank) -> Iterator[httpx.Client]:
    """Somebody who has just registered and signed in."""
    email, password = f"{new_id().hex}@example.com", "correct horse battery"
    with bank.client() as client:
        answer = client.post(
            "/api/auth/register",
            json={"email": email, "password": password, "full_name": "Nora Newcomer"},
        )
        assert answer.status_code == 201, answer.text
    with bank.client(email, password) as client:
        yield client
