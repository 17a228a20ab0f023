"""The domain's own laws, asked of a database that may be about to own the data.

A context declares them (ContextConfig.laws) as statements that list breaches. They are read from
the code by `manage.py laws`, in a process of its own, because extraction imports no context.
"""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from extraction.database import Connection, rows
from extraction.failures import Stop
from vortex.embedded.files import write_private

_ROOT = Path(__file__).resolve().parents[1]
# What the kernel promises of every context: numbers of a key without a hole, nothing said twice.
_NUMBERED = """
select k.topic || ' ' || k.key, 'at ' || k.last_seq from outbox_key k left join (
  select topic, key, count(distinct key_seq) as said, min(key_seq) as first, max(key_seq) as last
    from (select topic, key, key_seq from outbox_message where not single
          union all select topic, key, key_seq from outbox_parked where not single
          union all select topic, key, key_seq from outbox_archive where not single) e
   group by topic, key) s using (topic, key)
 where s.last is not null and (s.last <> k.last_seq or s.said <> s.last - s.first + 1)
"""
_SAID_ONCE = """
select m.event_id::text, m.type from outbox_message m
 where exists (select from outbox_archive a where a.event_id = m.event_id)
"""


@dataclass(frozen=True)
class Law:
    """A law, and the statement that lists what breaks it: what, and how."""

    name: str
    breaches: str


# What the kernel promises of every context: numbers of a key without a hole, nothing said twice.
_KERNEL = (
    Law("the events of a key are numbered without a gap", _NUMBERED),
    Law("no event waits and is archived at once", _SAID_ONCE),
)


def laws_of(context: str, home: Path) -> list[Law]:
    """Return the laws that a context declares, after those of the kernel.

    Asking for them starts the whole of Django, so they are kept in the bank's home until a file of
    the code changes.
    """
    kept, now = home / "run" / f"laws-{context}.json", _state_of_the_code(context)
    known = msgspec.json.decode(kept.read_bytes(), type=_Kept) if kept.exists() else _Kept("", [])
    if known.code != now:
        known = _Kept(now, _declared(context, home))
        write_private(kept, msgspec.json.encode(known).decode())
    return [*_KERNEL, *(Law(*law) for law in known.laws)]


class _Kept(msgspec.Struct, frozen=True):
    """Laws, and the state of the code that they were read from."""

    code: str
    laws: list[tuple[str, str]]


def _state_of_the_code(context: str) -> str:
    digest = hashlib.sha256()
    for package in (f"apps/{context}", "vortex"):
        for file in sorted((_ROOT / package).rglob("*.py")):
            known = file.stat()
            digest.update(f"{file}\0{known.st_size}\0{known.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _declared(context: str, home: Path) -> list[tuple[str, str]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "laws", context],
        cwd=_ROOT,
        env={**os.environ, "VORTEX_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Stop(f"The laws of {context} cannot be read: {done.stderr.strip()[-300:]}")
    return msgspec.json.decode(done.stdout, type=list[tuple[str, str]])


def references(connection: Connection) -> list[Law]:
    """Return a law for each foreign key: replication applies rows without asking any of them."""
    found = rows(connection, _REFERENCES)
    return [
        Law(
            f"{table}.{column} points at a row of {other}",
            f"select t.{column}::text, 'of {table}' from {table} t where t.{column} is not null"  # noqa: S608
            f" and not exists (select from {other} o where o.{key} = t.{column})",
        )
        for table, column, other, key in found
    ]


_REFERENCES = """
select c.conrelid::regclass::text, quote_ident(a.attname), c.confrelid::regclass::text,
       quote_ident(b.attname)
  from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
  join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
 where c.contype = 'f' and cardinality(c.conkey) = 1
   and c.connamespace = 'public'::regnamespace order by 1, 2
"""


def breaches(connection: Connection, laws: list[Law]) -> list[str]:
    """Return what breaks a law, at most a few sentences of each."""
    found = []
    for law in [*laws, *references(connection)]:
        statement = f"select * from ({law.breaches}) b limit 5"  # noqa: S608 - our own code's
        for what, how in connection.execute(statement.encode()).fetchall():
            found.append(f"{law.name}: {what}: {how}")
    return found
