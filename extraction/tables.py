"""What moves: every table of a context's database, its sequences, how its rows are told apart."""

from dataclasses import dataclass

from psycopg import sql

from extraction.database import Connection, rows, run
from extraction.failures import Stop

MARKER = "extraction_marker"
# What belongs to a deployment and not to the data: how its schema came about, who owns what, which
# relay works, which browsers of its staff are signed in, and what they changed there.
STAYS = frozenset(
    (
        "django_admin_log",
        "django_migrations",
        "django_session",
        "topology_owner",
        "outbox_lease",
        "outbox_relay",
        MARKER,
    )
)
# Room between the numbers that both sides give: rows that were begun and rolled back took some.
MARGIN = 1_000

_TABLES = """
select c.relname, c.relpersistence::text, coalesce(array_agg(a.attname order by a.attname)
         filter (where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''), '{}')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid
 where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
   and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
 group by c.oid order by c.relname
"""
_LEAVES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'public' and c.relkind in ('r', 'p')
   and (c.relname = any(%(tables)s) or exists (
     select from pg_partition_ancestors(c.oid) p where p.relid <> c.oid
        and p.relid::regclass::text = any(%(tables)s)))
 order by c.relname
"""
# The best index to tell rows apart by: the primary key unless PostgreSQL makes up a part of it.
_IDENTITIES = """
select t.relname, (
  select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
   where i.indrelid = t.oid and i.indisunique and i.indimmediate and i.indpred is null
     and i.indexprs is null and i.indisvalid and not exists (
       select from unnest(i.indkey[0:i.indnkeyatts - 1]) k
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k
        where a.attgenerated <> '' or not a.attnotnull)
   order by i.indisprimary desc, x.relname limit 1), t.relreplident::text
  from pg_class t join pg_namespace n on n.oid = t.relnamespace
 where n.nspname = 'public' and t.relname = any(%s) and t.relkind in ('r', 'p')
"""
_SEQUENCES = """
select s.relname, t.relname, a.attname
  from pg_class s join pg_depend d on d.objid = s.oid and d.deptype in ('a', 'i')
  join pg_class t on t.oid = d.refobjid join pg_attribute a
    on a.attrelid = t.oid and a.attnum = d.refobjsubid
 where s.relkind = 'S' and t.relname = any(%s) order by s.relname
"""


@dataclass(frozen=True)
class Table:
    """A table that moves, with the columns that PostgreSQL does not compute by itself."""

    name: str
    columns: tuple[str, ...]


def moving(connection: Connection) -> list[Table]:
    """Return the tables that move with a context; refuse what replication cannot carry."""
    found = [row for row in rows(connection, _TABLES) if row[0] not in STAYS]
    unlogged = [name for name, persistence, _ in found if persistence != "p"]
    if unlogged:
        raise Stop(f"{', '.join(unlogged)} is not logged, and what is not logged does not move.")
    return [Table(name, tuple(columns)) for name, _, columns in found]


def leaves(connection: Connection, tables: list[str]) -> list[str]:
    """Return the tables and all their partitions."""
    return [name for (name,) in rows_of(connection, _LEAVES, tables)]


def rows_of(connection: Connection, statement: str, tables: list[str]) -> list[tuple[str, ...]]:
    """Run a statement about tables."""
    return connection.execute(statement, {"tables": tables}).fetchall()


def missing(connection: Connection, tables: list[Table]) -> list[str]:
    """Return what the other side lacks: tables, or columns of them."""
    there = {table.name: table.columns for table in moving(connection)}
    absent = [table.name for table in tables if table.name not in there]
    differ = [
        f"{table.name} ({', '.join(sorted(set(table.columns) ^ set(there[table.name])))})"
        for table in tables
        if table.name in there and set(table.columns) != set(there[table.name])
    ]
    return absent + differ


def identify(connection: Connection, tables: list[str]) -> dict[str, str]:
    """Make every row of every table and partition tellable; return what was changed.

    A key with a computed column is none for replication, which does not carry such columns.
    """
    changed = {}
    found = rows(connection, _IDENTITIES, (leaves(connection, tables),))
    primary = {name for (name,) in rows(connection, _PRIMARY)}
    for table, index, kind in found:
        if index is None and kind != "f":
            run(connection, "alter table {} replica identity full", table)
            changed[table] = "full row"
        elif index is not None and index not in primary and kind != "i":
            run(connection, "alter table {} replica identity using index {}", table, index)
            changed[table] = index
    return changed


_PRIMARY = (
    "select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid where indisprimary"
)


@dataclass(frozen=True)
class Numbers:
    """The sequences of a move: how the old owner is asked, and where each begins at the new one."""

    question: sql.Composed
    begins: dict[str, int]


_LAST = """
select u.sequence, coalesce(s.last_value, 0)
  from unnest({names}::text[], {owners}::text[], {fields}::text[]) as u (sequence, owner, field)
  left join pg_sequences s on s.schemaname || '.' || quote_ident(s.sequencename)
       = pg_get_serial_sequence(quote_ident(u.owner), u.field)
"""


def lead_sequences(source: Connection, target: Connection, tables: list[str]) -> Numbers:
    """Set the target's sequences so far past the source's that this holds behind the fence too.

    Two margins: one is kept, the other is for what the source gives until then.
    """
    named = rows(target, _SEQUENCES, (tables,))
    names, owners, fields = ([row[column] for row in named] for column in range(3))
    question = sql.SQL(_LAST).format(
        names=sql.Literal(names), owners=sql.Literal(owners), fields=sql.Literal(fields)
    )
    used = {str(name): int(last) for name, last in source.execute(question).fetchall()}
    begins = {name: last + 2 * MARGIN for name, last in used.items()}
    set_forward(target, begins)
    return Numbers(question, begins)


def hand_on_sequences(target: Connection, led: Numbers, used: dict[str, int]) -> dict[str, int]:
    """Set those again that lead by less than the margin now; return where each begins."""
    short = {name: last + MARGIN for name, last in used.items() if last + MARGIN > led.begins[name]}
    set_forward(target, short)
    return led.begins | short


def set_forward(target: Connection, begins: dict[str, int]) -> None:
    """Set sequences forward; one that is further already stays."""
    if begins:
        target.execute(
            "select setval(quote_ident(n)::regclass, greatest(v, coalesce((select last_value"
            " from pg_sequences where schemaname = 'public' and sequencename = n), 1)))"
            " from unnest(%s::text[], %s::bigint[]) t (n, v)",
            (list(begins), list(begins.values())),
        )
