"""Whether both sides have the same tables, down to columns, constraints, indexes and triggers.

Replication carries rows and no DDL. The freeze refuses DDL, but a superuser can switch it off, so
what both databases say about their tables is compared again before anything changes hands.
"""

from extraction import guards
from extraction.database import Connection, rows
from extraction.failures import Stop
from extraction.moving import Move

State = frozenset[tuple[str, str]]

_SHOWN = 6
_FUNCTION = "function "
# Days of partitioned tables are each side's own, and so is what the mover itself has put there.
_SAID = """
select c.relname, 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
       || coalesce(' identity ' || nullif(a.attidentity::text, ''), '')
       || coalesce(' generated ' || nullif(a.attgenerated::text, ''), '')
  from moving c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
union all
select c.relname, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from moving c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n'
union all
select c.relname, case when i.indisvalid then '' else 'invalid ' end
       || pg_get_indexdef(i.indexrelid)
  from moving c join pg_index i on i.indrelid = c.oid
union all
select c.relname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  from moving c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
 where t.tgname not like 'extraction\\_%%'
"""
_TABLES = f"""
with moving as (select c.oid, c.relname from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relname = any(%s)) {_SAID}
"""  # noqa: S608 - constants
_FUNCTIONS = """
select p.proname, 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid)
       || ') ' || md5(p.prosrc)
  from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
   and p.proname not like 'extraction\\_%'
   and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""


def differences(move: Move) -> list[str]:
    """Return what one side has of the tables and functions of a context and the other has not."""
    bank, service = (
        (move.source, move.target) if move.source.is_bank else (move.target, move.source)
    )
    only_here, only_there = apart(
        state(move.at(bank), move.names()), state(move.at(service), move.names())
    )
    return [
        *(f"only {bank.name} has {what}" for what in only_here),
        *(f"only {service.name} has {what}" for what in only_there),
    ]


def state(connection: Connection, tables: list[str]) -> State:
    """Return what a database says of tables, and of all functions, each by name and in words."""
    found = [*rows(connection, _TABLES, (tables,)), *rows(connection, _FUNCTIONS)]
    return frozenset((str(name), str(what)) for name, what in found)


def apart(bank: State, service: State) -> tuple[list[str], list[str]]:
    """Return what only the bank's database says, and what only the service's does.

    A service has functions of tables that the monolith keeps elsewhere, such as its staff's; they
    are left out.
    """
    known = {name for name, _ in bank}
    shared = {(n, what) for n, what in service if n in known or not what.startswith(_FUNCTION)}
    return _worded(bank - shared), _worded(shared - bank)


def _worded(found: State | set[tuple[str, str]]) -> list[str]:
    return [f"{table}: {what}" for table, what in sorted(found)]


def require_same(move: Move) -> None:
    """Refuse with what differs where somebody has changed one side's tables and not the other's."""
    found = differences(move)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise Stop(
            f"The tables of {move.name} are not the same on both sides: "
            f"{'; '.join(found[:_SHOWN])}{more}. Somebody has changed the schema past the freeze of"
            " DDL. Bring both sides to the same state (the same migrations, or undo the change),"
            " then give the same command again. Nothing has changed hands."
        )


def require_frozen(move: Move) -> None:
    """Refuse where DDL would be let through on a side: somebody has switched the freeze off."""
    for place in (move.source, move.target):
        if not guards.frozen(move.at(place)):
            raise Stop(
                f"DDL is not refused in {place.name} any more: somebody has switched the freeze"
                " off. Give the same command again: it freezes DDL, and compares both sides."
            )
