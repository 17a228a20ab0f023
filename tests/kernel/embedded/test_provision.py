"""Provisioning gives each role its database, keeps every other role out, and may run again."""

import psycopg
import pytest

from tests.kernel.embedded.conftest import PAIRS, execute
from vortex.embedded.postgres import Postgres
from vortex.embedded.provision import provision


def test_a_second_run_creates_nothing(postgres: Postgres) -> None:
    provision(postgres.admin_url(), PAIRS, postgres.password)

    assert provision(postgres.admin_url(), PAIRS, postgres.password) == []


def test_a_role_works_in_its_own_database(postgres: Postgres) -> None:
    provision(postgres.admin_url(), PAIRS, postgres.password)
    own = postgres.url("accounts_db", "vortex_accounts")

    execute(own, "CREATE TABLE mine AS SELECT 1 AS one")
    execute(own, "DROP TABLE mine")


@pytest.mark.parametrize("database", ["payments_db", "postgres", "template1"])
def test_a_role_is_refused_by_every_other_database(postgres: Postgres, database: str) -> None:
    provision(postgres.admin_url(), PAIRS, postgres.password)

    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        execute(postgres.url(database, "vortex_accounts"), "SELECT 1")


def test_a_server_that_lets_everyone_in_still_refuses_by_privilege(postgres: Postgres) -> None:
    """The official image has no such pg_hba.conf; the grants alone must hold there."""
    provision(postgres.admin_url(), PAIRS, postgres.password)
    asked = "SELECT has_database_privilege('vortex_accounts', '{}', 'CONNECT')"

    assert execute(postgres.admin_url(), asked.format("payments_db")) == [(False,)]
    assert execute(postgres.admin_url(), asked.format("accounts_db")) == [(True,)]


def test_a_role_may_not_make_roles_or_databases(postgres: Postgres) -> None:
    provision(postgres.admin_url(), PAIRS, postgres.password)
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles"

    found = execute(postgres.admin_url(), f"{rights} WHERE rolname = 'vortex_accounts'")

    assert found == [(False, False, False, False)]


def test_a_changed_password_is_the_one_that_counts(postgres: Postgres) -> None:
    provision(postgres.admin_url(), PAIRS, lambda role: f"another-{role}")
    old = postgres.url("accounts_db", "vortex_accounts")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        execute(old, "SELECT 1")

    provision(postgres.admin_url(), PAIRS, postgres.password)
    assert execute(old, "SELECT 1") == [(1,)]


def test_extensions_are_in_every_database(postgres: Postgres) -> None:
    provision(postgres.admin_url(), PAIRS, postgres.password)

    rows = execute(postgres.admin_url("payments_db"), "SELECT extname FROM pg_extension")

    assert {"pg_stat_statements", "pg_trgm", "btree_gist", "vector"} <= {row[0] for row in rows}
