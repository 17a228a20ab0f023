"""Fingerprints: whether two databases hold the same rows, told by sums of hashes.

Two snapshots are compared exactly. Two living databases are compared as they are, and where a table
differs, the rows that differ are looked at again: one that was merely in flight has arrived by
then, one that is missing still is.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import sql

from extraction.database import Connection
from extraction.tables import Table

_CHUNK = 64
_ROUNDS = 6

Print = tuple[int, int]  # rows, and the sum of their hashes


@dataclass(frozen=True)
class Difference:
    """A table whose rows differ: how many each side has that the other has not, and one of them."""

    table: str
    only_source: int
    only_target: int
    sample: str

    def __str__(self) -> str:
        return (
            f"{self.table}: {self.only_source} rows stand only on the source and"
            f" {self.only_target} only on the target, such as {self.sample}"
        )


def both(
    work: Callable[[Connection], list[tuple[int, ...]]], source: Connection, target: Connection
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Do something on both sides at once."""
    with ThreadPoolExecutor(2) as pool:
        left, right = pool.submit(work, source), pool.submit(work, target)
        return left.result(), right.result()


def prints(connection: Connection, tables: Sequence[Table]) -> dict[str, Print]:
    """Return the fingerprint of each table, in one round trip."""
    if not tables:
        return {}
    parts = [
        sql.SQL(
            "select {name}, count(*), coalesce(sum(hashtextextended({row}::text, 0)::numeric), 0)"
            " from {table}"
        ).format(name=sql.Literal(t.name), row=_row(t), table=sql.Identifier(t.name))
        for t in tables
    ]
    found = connection.execute(sql.SQL(" union all ").join(parts)).fetchall()
    return {str(name): (int(count), int(total)) for name, count, total in found}


def compare(
    source: Connection, target: Connection, tables: Sequence[Table]
) -> tuple[dict[str, int], list[Table]]:
    """Return the rows of each table on the source, and the tables whose fingerprints differ."""
    with ThreadPoolExecutor(2) as pool:
        left = pool.submit(prints, source, tables)
        right = pool.submit(prints, target, tables)
        here, there = left.result(), right.result()
    differing = [table for table in tables if here[table.name] != there[table.name]]
    return {name: count for name, (count, _) in here.items()}, differing


def differences(
    source: Connection, target: Connection, tables: Sequence[Table]
) -> list[Difference]:
    """Return how tables differ, exactly; for two snapshots."""
    found = []
    for table in tables:
        only_source, only_target = _apart(source, target, table)
        if only_source or only_target:
            found.append(_described(source, target, table, only_source, only_target))
    return found


def settled_differences(
    source: Connection,
    target: Connection,
    tables: Sequence[Table],
    catch_up: Callable[[], object],
) -> list[Difference]:
    """Return the differences between two living databases that stay; `catch_up` waits for both."""
    doubtful = {table.name: table for table in tables}
    stays: dict[str, tuple[set[int], set[int]]] = {}
    for _ in range(_ROUNDS):
        catch_up()
        for name, table in list(doubtful.items()):
            only_source, only_target = _apart(source, target, table)
            before = stays.get(name, (only_source, only_target))
            stays[name] = only_source & before[0], only_target & before[1]
            if not any(stays[name]):
                del doubtful[name]
        if not doubtful:
            return []
    return [_described(source, target, table, *stays[name]) for name, table in doubtful.items()]


def _apart(source: Connection, target: Connection, table: Table) -> tuple[set[int], set[int]]:
    """Return the hashes of the rows that only one side has, looking into chunks that differ."""
    here, there = both(lambda side: _chunks(side, table), source, target)
    chunks = [chunk for chunk, *_ in set(here) ^ set(there)]
    if not chunks:
        return set(), set()
    left, right = both(lambda side: _hashes(side, table, chunks), source, target)
    ours, theirs = {h for (h,) in left}, {h for (h,) in right}
    return ours - theirs, theirs - ours


def _chunks(connection: Connection, table: Table) -> list[tuple[int, ...]]:
    statement = sql.SQL(
        "select mod(abs(h), {chunk}), count(*), sum(h) from"
        " (select hashtextextended({row}::text, 0)::numeric as h from {table}) r group by 1"
    ).format(row=_row(table), table=sql.Identifier(table.name), chunk=sql.Literal(_CHUNK))
    return connection.execute(statement).fetchall()


def _hashes(connection: Connection, table: Table, chunks: list[int]) -> list[tuple[int, ...]]:
    statement = sql.SQL(
        "select h from (select hashtextextended({row}::text, 0)::numeric as h from {table}) r"
        " where mod(abs(h), {chunk}) = any({wanted})"
    ).format(
        row=_row(table),
        table=sql.Identifier(table.name),
        chunk=sql.Literal(_CHUNK),
        wanted=sql.Literal([int(chunk) for chunk in chunks]),
    )
    return connection.execute(statement).fetchall()


def _described(
    source: Connection,
    target: Connection,
    table: Table,
    only_source: set[int],
    only_target: set[int],
) -> Difference:
    side, wanted = (source, only_source) if only_source else (target, only_target)
    statement = sql.SQL(
        "select left({row}::text, 120) from {table}"
        " where hashtextextended({row}::text, 0) = {wanted} limit 1"
    ).format(
        row=_row(table),
        table=sql.Identifier(table.name),
        wanted=sql.Literal(int(next(iter(wanted)))),
    )
    row = side.execute(statement).fetchone()
    return Difference(
        table.name, len(only_source), len(only_target), str(row[0]) if row else "a row that is gone"
    )


def _row(table: Table) -> sql.Composed:
    return sql.SQL("row({})").format(sql.SQL(", ").join(map(sql.Identifier, table.columns)))
