"""How a customer files a posting: category, tags and a note, beside the ledger and never in it.

A category that is being used is locked by whoever uses it, so that none is deleted or merged away
from under a posting that is being filed into it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from apps.transactions import selectors
from apps.transactions.contracts import (
    CATEGORIES,
    CategoryExists,
    CategoryNotFound,
    TooManyCategories,
    TransactionCategorized,
    UnknownCategory,
)
from apps.transactions.models import Category
from vortex.db import alias_of, needs_transaction, refusing, unit_of_work
from vortex.outbox import publish

MOST_OWN: Final = 200

_FILE: Final = """
insert into transactions_filing (owner_id, posting_id, tags, note, changed_at)
values (%s, %s, %s, %s, %s) on conflict (owner_id, posting_id)
do update set tags = excluded.tags, note = excluded.note, changed_at = excluded.changed_at
"""
_CATEGORIZE: Final = """
insert into transactions_annotation (owner_id, posting_id, category, changed_at)
values (%s, %s, %s, %s) on conflict (owner_id, posting_id)
do update set category = excluded.category, changed_at = excluded.changed_at
"""


def categorize(
    *,
    posting_id: UUID,
    owner_id: UUID,
    category: str,
    changed_at: datetime,
    source: str = "customer",
) -> None:
    """Put a posting into a category, everybody's or one's own. The last call counts."""
    with unit_of_work("transactions"):
        _check_usable(category, owner_id)
        _run(_CATEGORIZE, owner_id, posting_id, category, changed_at)
        publish(
            TransactionCategorized(
                posting_id=posting_id,
                owner_id=owner_id,
                category=category,
                source=source,
                categorized_at=changed_at,
            )
        )


def file(
    *, posting_id: UUID, owner_id: UUID, tags: Sequence[str], note: str, changed_at: datetime
) -> None:
    """Put tags and a note on a posting, for this customer, in place of those that were there."""
    kept = sorted({tag.strip().casefold() for tag in tags} - {""})
    with unit_of_work("transactions"):
        _run(_FILE, owner_id, posting_id, kept, note, changed_at)


def create_category(
    *, category_id: UUID, owner_id: UUID, parent: str, name: str, at: datetime
) -> Category:
    """Make a category of one's own under one of everybody's. Refuses a name that one has."""
    _check_known(parent)
    with refusing({"transactions_category_once": CategoryExists}), unit_of_work("transactions"):
        if Category.objects.filter(owner_id=owner_id).count() >= MOST_OWN:
            raise TooManyCategories(most=MOST_OWN)
        return Category.objects.create(
            id=category_id, owner_id=owner_id, parent=parent, name=name.strip(), created_at=at
        )


def rename_category(*, category_id: UUID, owner_id: UUID, name: str) -> Category:
    """Call a category otherwise; what is filed under it stays, because its key stays."""
    with refusing({"transactions_category_once": CategoryExists}), unit_of_work("transactions"):
        category = _locked(category_id, owner_id)
        category.name = name.strip()
        category.save(update_fields=["name"])
        return category


def remove_category(*, category_id: UUID, owner_id: UUID, into: str, at: datetime) -> int:
    """Delete a category of one's own; what was filed under it goes into another.

    `into` is a category of everybody's or one's own, the parent where it is empty. Returns how many
    postings went there.
    """
    with unit_of_work("transactions"):
        category = _locked(category_id, owner_id)
        target = into or category.parent
        if target == str(category_id):
            raise UnknownCategory("a category is not merged into itself", category=target)
        _check_usable(target, owner_id)
        moved = _run(
            "update transactions_annotation set category = %s, changed_at = %s"
            " where owner_id = %s and category = %s",
            target,
            at,
            owner_id,
            str(category_id),
        )
        category.delete()
        return moved


def _check_known(category: str) -> None:
    if category not in CATEGORIES:
        raise UnknownCategory(f"{category[:40]!r} is not a category", category=category[:40])


@needs_transaction("transactions")
def _check_usable(category: str, owner_id: UUID) -> None:
    if category in CATEGORIES:
        return
    own = selectors.own_category(key=category, owner_id=owner_id)
    if own is None:
        _check_known(category)
    else:
        _locked(own.id, owner_id)


@needs_transaction("transactions")
def _locked(category_id: UUID, owner_id: UUID) -> Category:
    found = Category.objects.select_for_update().filter(pk=category_id, owner_id=owner_id).first()
    if found is None:
        raise CategoryNotFound(category_id=str(category_id))
    return found


def _run(statement: str, *values: Any) -> int:
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
