"""The page of tables, read from PostgreSQL's own catalogue: what is there, not what was meant."""

from collections.abc import Callable
from typing import Any, LiteralString

import psycopg

from config.contexts import CONTEXTS, Context
from config.reference.pages import page, table

Connect = Callable[[Context], "psycopg.Connection[Any]"]

_KERNEL = ("outbox_", "inbox_", "idempotency_", "topology_")
_TABLES: LiteralString = """
    select c.oid, c.relname, obj_description(c.oid)
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition
    order by c.relname
"""
_COLUMNS: LiteralString = """
    select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      case a.attidentity when '' then coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        else 'identity' end
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = %s and a.attnum > 0 and not a.attisdropped
    order by a.attnum
"""
_CONSTRAINTS: LiteralString = """
    select conname, pg_get_constraintdef(oid, true) from pg_constraint
    where conrelid = %s and contype <> 'n' order by conname
"""
_INDEXES: LiteralString = """
    select i.relname, regexp_replace(pg_get_indexdef(i.oid), '^.* USING ', '')
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where x.indrelid = %s and not exists (select from pg_constraint where conindid = i.oid)
    order by i.relname
"""
_TRIGGERS: LiteralString = """
    select tgname, pg_get_triggerdef(oid, true)
    from pg_trigger where tgrelid = %s and not tgisinternal order by tgname
"""


def tables_page(connect: Connect) -> str:
    """Return the page, asking the database of each context."""
    parts = []
    kernel = ""
    for context in CONTEXTS:
        with connect(context) as connection:
            own = _tables(connection, (f"{context.label}_",))
            kernel = kernel or _tables(connection, _KERNEL)
        text = own or "No tables of its own yet."
        parts.append(f"## {context.name}, in `{context.database}`\n\n{text}")
    opening = (
        "What PostgreSQL keeps for each context. No foreign key crosses a heading: another's"
        " id is a value. Django's own (`auth_`, `django_`, `otp_`) stand in auth's database."
    )
    everywhere = f"## The kernel's, in every database\n\n{kernel}"
    return page("Tables", opening, *parts, everywhere)


def _tables(connection: "psycopg.Connection[Any]", prefixes: tuple[str, ...]) -> str:
    found = connection.execute(_TABLES).fetchall()
    return "\n\n".join(
        _table(connection, oid, name, comment)
        for oid, name, comment in found
        if name.startswith(prefixes)
    )


def _table(connection: "psycopg.Connection[Any]", oid: int, name: str, comment: str | None) -> str:
    columns = (
        (f"`{column}`", type_, "" if required else "null", f"`{default}`" if default else "")
        for column, type_, required, default in connection.execute(_COLUMNS, [oid])
    )
    laws = [
        (f"`{law}`", _one_line(text))
        for query in (_CONSTRAINTS, _INDEXES, _TRIGGERS)
        for law, text in connection.execute(query, [oid])
    ]
    return "\n\n".join(
        filter(
            None,
            (
                f"### {name}",
                comment,
                table(("column", "type", "", "default"), columns),
                table(("law", "which says"), laws),
            ),
        )
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
