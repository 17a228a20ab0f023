"""The laws that a move asks: each runs on the schema as it is, and finds the row that breaks it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connections

from config.contexts import CONTEXTS, alias
from vortex.contexts import ContextConfig
from vortex.ids import new_id

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS]),
]


def laws_of(context: str) -> dict[str, str]:
    """Return the laws that a context declares."""
    for config in apps.get_app_configs():
        if isinstance(config, ContextConfig) and config.name == f"apps.{context}":
            return dict(config.declared_laws())
    raise AssertionError(context)


def breaches(context: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what breaks a law."""
    with connections[alias(context)].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


@pytest.mark.parametrize("context", ["auth", "accounts", "transactions"])
def test_an_empty_context_keeps_its_laws(context: str) -> None:
    laws = laws_of(context)

    assert len(laws) >= 3
    assert {name: breaches(context, law) for name, law in laws.items()} == {
        name: [] for name in laws
    }


def test_a_statement_of_no_account_breaks_a_law() -> None:
    with connections[alias("accounts")].cursor() as cursor:
        cursor.execute(
            "insert into accounts_statement (id, account_id, number, first_date, last_date,"
            " currency, opening_minor, closing_minor, credits_minor, debits_minor, entries,"
            " last_version, document, document_sha256, issued_at) values (%s, %s, 1, '2026-01-01',"
            " '2026-02-01', 'EUR', 0, 0, 0, 0, 0, 0, '', '', now())",
            (new_id(), new_id()),
        )

    broken = [name for name, law in laws_of("accounts").items() if breaches("accounts", law)]

    assert broken == ["each statement is of an account that exists, in its currency"]


def test_keys_of_which_none_signs_break_a_law() -> None:
    with connections[alias("auth")].cursor() as cursor:
        cursor.execute(
            "insert into vortex_auth_signing_key (kid, state, public_jwk, sealed_private_key,"
            " created_at, retires_at) values ('old', 'retired', '{}', '', now(), now())"
        )

    broken = [name for name, law in laws_of("auth").items() if breaches("auth", law)]

    assert broken == ["where keys are kept, one of them signs"]


def test_an_entry_that_was_lost_breaks_the_laws_of_the_ledger() -> None:
    account = new_id()
    with connections[alias("transactions")].cursor() as cursor:
        cursor.execute(
            "insert into transactions_account (id, owner_id, currency, kind, name, booked_minor,"
            " version, opened_at) values (%s, %s, 'EUR', 'customer', 'Ada', 100, 1, now())",
            (account, new_id()),
        )

    broken = [
        name for name, law in laws_of("transactions").items() if breaches("transactions", law)
    ]

    assert broken == [
        "the balance of an account is the sum of its entries",
        "the versions of an account have no gap",
    ]
