"""PostgreSQL itself keeps the contexts apart: it refuses the connection, so it refuses the join."""

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections

from config.contexts import CONTEXTS, Context, alias
from tests.architecture.source import KERNEL_LABELS

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(databases=[alias(context.name) for context in CONTEXTS]),
]
# Django's own tables live in auth's database and nowhere else.
DJANGO = ("auth_", "django_", "otp_")


def _url(who: Context, where: Context) -> str:
    """Return the URL of one context's role for another context's database."""
    target = urlsplit(os.environ[where.database_variable]).path
    return urlunsplit(urlsplit(os.environ[who.database_variable])._replace(path=target))


@pytest.mark.parametrize("who", CONTEXTS, ids=lambda context: context.name)
def test_a_role_reaches_its_own_database_and_no_other(who: Context) -> None:
    with psycopg.connect(_url(who, who)) as connection:
        assert connection.execute("select current_user").fetchone() == (who.role,)

    for where in CONTEXTS:
        if where.name != who.name:
            # Refused twice: the embedded server's address list says no before the privilege does.
            with pytest.raises(
                psycopg.OperationalError, match=r"permission denied|no pg_hba\.conf"
            ):
                psycopg.connect(_url(who, where))


@pytest.mark.parametrize("who", CONTEXTS, ids=lambda context: context.name)
def test_a_role_may_connect_to_no_other_database_whatever_the_address_list_says(
    who: Context,
) -> None:
    with psycopg.connect(_url(who, who)) as connection:
        rows = connection.execute(
            "select datname from pg_database where has_database_privilege(oid, 'connect')"
        ).fetchall()

    databases = {context.database for context in CONTEXTS}
    ours = {name for (name,) in rows if name.partition("_db")[0] + "_db" in databases}
    assert {name.partition("_db")[0] + "_db" for name in ours} == {who.database}


def test_a_query_that_joins_another_context_is_refused() -> None:
    accounts, transactions = CONTEXTS[1], CONTEXTS[2]
    database = urlsplit(os.environ[transactions.database_variable]).path[1:]

    with (
        psycopg.connect(_url(accounts, accounts)) as connection,
        pytest.raises(psycopg.errors.FeatureNotSupported, match="cross-database references"),
    ):
        connection.execute(
            "select * from accounts_account a"  # noqa: S608 - the name is this run's own
            f" join {database}.public.transactions_account t on t.id = a.id"
        )


@pytest.mark.parametrize("who", CONTEXTS, ids=lambda context: context.name)
def test_a_role_has_no_way_to_become_another(who: Context) -> None:
    with psycopg.connect(_url(who, who)) as connection:
        row = connection.execute(
            "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
            " (select count(*) from pg_auth_members m where m.member = r.oid)"
            " from pg_roles r where rolname = current_user"
        ).fetchone()

    assert row == (False, False, False, False, False, 0)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
def test_a_database_holds_its_own_tables_and_the_kernels(context: Context) -> None:
    with connections[alias(context.name)].cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = {name for (name,) in cursor.fetchall()}

    own = (f"{context.label}_", "django_migrations", *(f"{label}_" for label in KERNEL_LABELS))
    allowed = (*own, *DJANGO) if context.name == "auth" else own
    assert {name for name in tables if not name.startswith(allowed)} == set()
    assert {"outbox_message", "inbox_seen", "idempotency_key", "topology_owner"} <= tables


def test_no_relation_of_a_living_model_leaves_its_label() -> None:
    contexts = {context.label for context in CONTEXTS}

    leaving = [
        f"{field} -> {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model and not isinstance(field.related_model, str)
        for labels in [{model._meta.app_label, field.related_model._meta.app_label} & contexts]
        if model._meta.app_label != field.related_model._meta.app_label and labels - {"vortex_auth"}
    ]

    assert leaving == []


def test_installed_apps_are_the_contexts_of_the_list() -> None:
    installed = {config.name: config.label for config in apps.get_app_configs()}

    assert {name: label for name, label in installed.items() if name.startswith("apps.")} == {
        context.package: context.label for context in CONTEXTS
    } | {"apps.dashboard": "dashboard"}
    assert set(settings.DATABASES) == {alias(context.name) for context in CONTEXTS}
