"""One bank for all journeys of a worker: customers meet in it and must not disturb each other."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bank import Bank
from vortex.ids import new_id


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A bank with its demonstration customers, opened once."""
    home: Path = tmp_path_factory.mktemp("journeys") / "home"
    with Bank(home) as running:
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
