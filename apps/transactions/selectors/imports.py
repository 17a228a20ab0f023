"""Imports and their lines, and which lines an account has already."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import ImportNotFound, ImportRowNotFound
from apps.transactions.domain.importing import Key
from apps.transactions.models import ImportRow, StatementImport
from vortex.db import alias_of

_OPEN: Final = ("reading", "needs_mapping", "ready", "publishing")
_STANDING: Final = """
select p.effective_date, e.amount_minor, p.description, p.counterparty, count(*)
  from transactions_entry e join transactions_posting p on p.id = e.posting_id
 where e.account_id = %s and p.effective_date between %s and %s
 group by 1, 2, 3, 4
"""


def import_of_owner(*, import_id: UUID, owner_id: UUID) -> StatementImport:
    """Return a customer's own import; anyone else's does not exist."""
    found = StatementImport.objects.filter(pk=import_id, owner_id=owner_id).first()
    if found is None:
        raise ImportNotFound(import_id=str(import_id))
    return found


def imports_of_owner(
    *, owner_id: UUID, after: tuple[UUID] | None, limit: int
) -> list[StatementImport]:
    """Return a customer's imports, newest first."""
    found = StatementImport.objects.filter(owner_id=owner_id)
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:limit])


def open_imports(*, owner_id: UUID) -> int:
    """Return how many imports of a customer are neither in nor called off."""
    return StatementImport.objects.filter(owner_id=owner_id, state__in=_OPEN).count()


def waiting_imports(*, untouched_since: datetime, limit: int) -> list[UUID]:
    """Return imports that somebody has to go on with, the longest untouched first."""
    waiting = StatementImport.objects.filter(
        state__in=("reading", "publishing"), changed_at__lte=untouched_since
    )
    return list(waiting.order_by("changed_at").values_list("id", flat=True)[:limit])


def import_rows(
    *, import_id: UUID, status: str, after: tuple[int] | None, limit: int
) -> list[ImportRow]:
    """Return lines of an import in their order, those of one status where one is named."""
    found = ImportRow.objects.filter(import_id=import_id)
    if status:
        found = found.filter(status=status)
    if after is not None:
        found = found.filter(line__gt=after[0])
    return list(found.order_by("line")[:limit])


def import_row(*, import_id: UUID, line: int) -> ImportRow:
    """Return a line of an import."""
    found = ImportRow.objects.filter(import_id=import_id, line=line).first()
    if found is None:
        raise ImportRowNotFound(line=line)
    return found


def next_import_rows(*, import_id: UUID, limit: int) -> list[ImportRow]:
    """Return the next lines of an import that are to be posted."""
    found = ImportRow.objects.filter(import_id=import_id, status="new")
    return list(found.order_by("line")[:limit])


def standing_lines(*, account_id: UUID, days: Collection[date]) -> dict[Key, int]:
    """Return how often an account has each line already, between the first day and the last."""
    if not days:
        return {}
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_STANDING, (account_id, min(days), max(days)))
        return {_key(*row[:4]): int(row[4]) for row in cursor.fetchall()}


def _key(day: date, minor: Any, description: str, counterparty: str) -> Key:
    return day.isoformat(), str(int(minor)), description, counterparty
