"""The databases of a test session, in place of those that Django would make."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase

from vortex.testing import databases


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Make this worker's databases, and empty them after tests that really commit."""
    del django_test_environment
    admin_url = os.environ["VORTEX_TEST_ADMIN_URL"]
    with django_db_blocker.unblock():
        databases.create(admin_url)

    def tear_down(test: TransactionTestCase) -> None:
        from django.db import connections

        aliases = test._databases_names(include_mirrors=False)  # type: ignore[attr-defined]  # noqa: SLF001
        databases.empty(admin_url, [connections[alias].settings_dict["NAME"] for alias in aliases])

    # Django's own flush would be refused by the tables that only ever grow.
    TransactionTestCase._fixture_teardown = tear_down  # type: ignore[attr-defined]  # noqa: SLF001
    yield
