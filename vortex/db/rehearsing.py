"""A transaction on a stand-by that cannot commit, at an instant that has passed.

The operator's tool has put two things into the stand-by's database (extraction/sql/rehearsal.sql):
a note of every row that replication changes, and the function that is called first here. It undoes
what was changed since an instant, makes this deployment the owner of the data for this transaction
alone, and leaves a row behind that refuses the commit. So there are three locks, and PostgreSQL
holds two of them: this block rolls back; a commit that is sent all the same is refused, and with it
everything is undone; any other transaction and any other connection meets the fence.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from vortex.db.work import never_committed


class Change(msgspec.Struct, frozen=True):
    """A row that was written: in which table, how, what it was before, and what it is now."""

    table: str
    how: str
    before: dict[str, Any] | None = None
    row: dict[str, Any] | None = None


@dataclass
class Rehearsed:
    """What the block has written, once it asks."""

    _connection: BaseDatabaseWrapper
    _begun_at: int

    def changes(self) -> list[Change]:
        """Check the constraints that wait for a commit; return every change in its order."""
        with self._connection.cursor() as cursor:
            cursor.execute("select extraction_shadow.settle()")
            cursor.execute(
                "select root, op, before::text, after::text from extraction_shadow.change"
                " where id > %s order by id",
                (self._begun_at,),
            )
            return [
                Change(root, op, _row(before), _row(after))
                for root, op, before, after in cursor.fetchall()
            ]


def _row(text: str | None) -> dict[str, Any] | None:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else None


@contextmanager
def rolled_back(context: str, *, since: int | None) -> Iterator[Rehearsed]:
    """Run a block as the owner of the data, before the change `since`; nothing of it stays.

    Without `since` the data are as they are. Raises DatabaseError where the instant cannot be had:
    locks are waited for half a second.
    """
    with never_committed(context) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select extraction_shadow.begin(%s, %s)", (context, since))
            begun_at = int(cursor.fetchone()[0])
        yield Rehearsed(connection, begun_at)
