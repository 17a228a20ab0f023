"""Noting, on a side that merely follows, every row that replication changes and how to undo it."""

from pathlib import Path

from psycopg import sql

from extraction.database import Connection, rows, run, value
from extraction.tables import leaves

SCHEMA = "extraction_shadow"
_SQL = (Path(__file__).parent / "sql" / "rehearsal.sql").read_text()

_KEYS = """
select c.relname, coalesce(array_agg(a.attname order by a.attnum), '{}') from pg_class c
  left join pg_index i on i.indrelid = c.oid and i.indisunique and i.indpred is null
    and i.indexprs is null
    and i.indexrelid = (select x.indexrelid from pg_index x where x.indrelid = c.oid
      and (x.indisprimary or x.indisreplident) order by x.indisreplident desc limit 1)
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1])
 where c.relnamespace = 'public'::regnamespace and c.relname = any(%s) and c.relkind = 'r'
 group by c.relname
"""
_COLUMNS = """
select c.relname, array_agg(a.attname order by a.attnum),
       array_agg(a.attname order by a.attnum) filter (where a.attidentity <> 'a')
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
   and not a.attisdropped and a.attgenerated = ''
 where c.relnamespace = 'public'::regnamespace and c.relname = any(%s) and c.relkind = 'r'
 group by c.relname
"""
_ROOTS = """
select c.relname, coalesce(pg_partition_root(c.oid), c.oid)::regclass::text
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname = any(%s)
   and c.relkind = 'r'
"""


def install(side: Connection, context: str, tables: list[str]) -> None:
    """Note every row of these tables that replication changes from now on."""
    side.execute(_SQL.encode())
    names = leaves(side, tables)
    roots = dict(rows(side, _ROOTS, (names,)))
    keys = dict(rows(side, _KEYS, (names,)))
    for table, columns, settable in rows(side, _COLUMNS, (names,)):
        _learn(side, table, keys.get(table, []), columns, settable or [])
    role = f"vortex_{context}"
    run(side, f"grant usage on schema {SCHEMA} to {{}}", role)
    run(side, f"grant select on {SCHEMA}.change to {{}}", role)
    side.execute("set lock_timeout = '5s'")
    try:
        for table, root in roots.items():
            run(side, "drop trigger if exists extraction_note on {}", table)
            run(
                side,
                "create trigger extraction_note after insert or update or delete on {}"
                f" for each row execute function {SCHEMA}.note({{root}})",
                table,
                root=root,
            )
            run(side, "alter table {} enable always trigger extraction_note", table)
    finally:
        side.execute("set lock_timeout = 0")


def remove(side: Connection) -> bool:
    """Take everything away that a rehearsal has put into a database; say whether there was any."""
    if not installed(side):
        return False
    for (table,) in rows(
        side,
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname = 'extraction_note'",
    ):
        run(side, "drop trigger if exists extraction_note on {}", table)
    side.execute(f"drop schema if exists {SCHEMA} cascade")
    return True


def installed(side: Connection) -> bool:
    """Say whether the changes of a database are noted."""
    return bool(value(side, "select 1 from pg_namespace where nspname = %s", (SCHEMA,)))


def _learn(
    side: Connection, table: str, keys: list[str], columns: list[str], settable: list[str]
) -> None:
    """Write down how a change of a table is undone."""
    name, record = sql.Identifier(table), sql.SQL("jsonb_populate_record(null::{}, {})")
    before, after = (record.format(sql.Identifier(table), sql.SQL(f"${n}")) for n in (1, 2))
    names = [sql.Identifier(column) for column in columns]
    listed = sql.SQL(", ").join(names)
    chosen = sql.SQL(", ").join(sql.SQL("r.") + column for column in names)
    setting = sql.SQL(", ").join(
        sql.SQL("{0} = b.{0}").format(sql.Identifier(column)) for column in settable
    )
    statements = (
        sql.SQL("delete from {} t using {} r where {}").format(name, before, same(keys, "$1")),
        sql.SQL("update {} t set {} from {} b, {} r where {}").format(
            name, setting, before, after, same(keys, "$2")
        ),
        sql.SQL("insert into {} ({}) overriding system value select {} from {} r").format(
            name, listed, chosen, before
        ),
    )
    side.execute(
        f"insert into {SCHEMA}.known values (%s, %s, %s, %s) on conflict (relation) do update"  # noqa: S608
        " set undo_insert = excluded.undo_insert, undo_update = excluded.undo_update,"
        " undo_delete = excluded.undo_delete",
        (table, *(statement.as_string(side) for statement in statements)),
    )


def same(keys: list[str], given: str) -> sql.Composable:
    """Say that a row is the one that is given: by its key, or, without one, as a whole."""
    if not keys:
        return sql.SQL(f"to_jsonb(t) = {given}")
    return sql.SQL(" and ").join(
        sql.SQL("t.{0} = r.{0}").format(sql.Identifier(key)) for key in keys
    )
