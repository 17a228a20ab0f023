"""How a customer classifies a posting: beside the ledger, never in it."""

from datetime import datetime
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import CATEGORIES, UnknownCategory
from vortex.db import alias_of, unit_of_work


def categorize(*, posting_id: UUID, owner_id: UUID, category: str, changed_at: datetime) -> None:
    """Put a posting into one of the known categories, for this customer. The last call counts."""
    if category not in CATEGORIES:
        raise UnknownCategory(f"{category[:40]!r} is not a category", category=category[:40])
    with unit_of_work("transactions"), connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "insert into transactions_annotation (owner_id, posting_id, category, changed_at)"
            " values (%s, %s, %s, %s) on conflict (owner_id, posting_id)"
            " do update set category = excluded.category, changed_at = excluded.changed_at",
            (owner_id, posting_id, category, changed_at),
        )
