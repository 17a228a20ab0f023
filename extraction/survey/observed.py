"""Which SQL was really seen, by role: PostgreSQL's own count of statements.

What reads a context's tables and is not its role is a reader that nobody declared.
"""

import re

import msgspec
import psycopg

from config.contexts import Context

_SEEN = """
    select r.rolname, s.query, s.calls
    from pg_stat_statements s
    join pg_roles r on r.oid = s.userid
    join pg_database d on d.oid = s.dbid
    where d.datname ~ %s
"""
_NAMES = re.compile(
    r"\b(?:from|join|into|update|only)\s+(?:public\.)?\"?([a-z_][a-z0-9_]*)", re.IGNORECASE
)
_KERNEL = ("outbox_", "inbox_", "idempotency_", "topology_", "django_", "pg_", "vortex_seed")


class Observed(msgspec.Struct, frozen=True):
    """What one role did in a context's database."""

    role: str
    statements: int
    calls: int
    tables: tuple[str, ...]


def observed(admin_url: str, of: Context) -> tuple[Observed, ...]:
    """Return what each role did with a context's tables since the statistics were reset."""
    found: dict[str, list[tuple[str, int]]] = {}
    with psycopg.connect(admin_url, connect_timeout=10) as connection:
        name = f"^{of.database}(_[a-z0-9]+)?$"
        for role, query, calls in connection.execute(_SEEN, [name]):
            found.setdefault(str(role), []).append((str(query), int(calls)))
    return tuple(_of_role(role, seen, of) for role, seen in sorted(found.items()))


def strangers(seen: tuple[Observed, ...], of: Context) -> list[str]:
    """Return the roles that touched the context's tables, its own and superusers left out."""
    return [
        each.role
        for each in seen
        if each.role not in {of.role, "vortex_admin", "postgres"}
        and any(table.startswith(f"{of.label}_") for table in each.tables)
    ]


def _of_role(role: str, seen: list[tuple[str, int]], of: Context) -> Observed:
    named = {table.lower() for query, _ in seen for table in _NAMES.findall(query)}
    own = {table for table in named if table.startswith((f"{of.label}_", *_KERNEL))}
    return Observed(role, len(seen), sum(calls for _, calls in seen), tuple(sorted(own)))
