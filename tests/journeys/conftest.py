"""One bank for all journeys of a worker: customers meet in it and must not disturb each other."""

from collections.abc import Iterator

import httpx
import pytest

from tests.bank import Bank, place
from vortex.ids import new_id


@pytest.fixture(scope="session")
def bank() -> Iterator[Bank]:
    """A bank with its demonstration customers, opened once."""
    with place() as directory, Bank(directory / "home") as running:
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
