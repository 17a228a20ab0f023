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
    CategoryLoop,
    CategoryNotFound,
    TooManyCategories,
    TransactionCategorized,
    TransactionCategoryCorrected,
    UnknownCategory,
)
from apps.transactions.models import Category, Rule
from vortex.db import alias_of, lock_in_order, needs_transaction, refusing, unit_of_work
from vortex.outbox import publish

MOST_OWN: Final = 200
DEEPEST: Final = 5
CUSTOMER: Final = "customer"

_FILE: Final = """
insert into transactions_filing (owner_id, posting_id, tags, note, changed_at)
values (%s, %s, %s, %s, %s) on conflict (owner_id, posting_id)
do update set tags = excluded.tags, note = excluded.note, changed_at = excluded.changed_at
"""
_CATEGORIZE: Final = """
insert into transactions_annotation as a
  (owner_id, posting_id, category, source, confidence, changed_at)
values (%s, %s, %s, %s, %s, %s) on conflict (owner_id, posting_id)
do update set category = excluded.category, source = excluded.source,
              confidence = excluded.confidence, changed_at = excluded.changed_at
 where a.source <> 'customer' or excluded.source = 'customer'
"""


def categorize(
    *,
    posting_id: UUID,
    owner_id: UUID,
    category: str,
    changed_at: datetime,
    source: str = CUSTOMER,
    confidence: int | None = None,
) -> bool:
    """Put a posting into a category, everybody's or one's own. The last call counts.

    What the customer has chosen stays, whatever a rule or a model says; returns whether this did.
    """
    with unit_of_work("transactions"):
        check_usable(category, owner_id)
        before = selectors.posting_of_owner(posting_id=posting_id, owner_id=owner_id).category
        known = selectors.annotation(posting_id=posting_id, owner_id=owner_id)
        if known and source != CUSTOMER and (known.source, known.category) == (source, category):
            return False
        if not _run(_CATEGORIZE, owner_id, posting_id, category, source, confidence, changed_at):
            return False
        publish(_categorized(posting_id, owner_id, category, source, changed_at))
        guessed_by = "posting" if known is None else known.source
        if source == CUSTOMER and guessed_by != CUSTOMER and before != category:
            corrected = TransactionCategoryCorrected(
                posting_id=posting_id,
                owner_id=owner_id,
                before=before,
                after=category,
                source=guessed_by,
                corrected_at=changed_at,
            )
            publish(corrected)
        return True


def _categorized(
    posting_id: UUID, owner_id: UUID, category: str, source: str, at: datetime
) -> TransactionCategorized:
    return TransactionCategorized(
        posting_id=posting_id,
        owner_id=owner_id,
        category=category,
        source=source,
        categorized_at=at,
    )


def suggest_category(
    *,
    posting_id: UUID,
    owner_id: UUID,
    category: str,
    source: str,
    confidence: int,
    at: datetime,
) -> bool:
    """File a posting as something else than the customer would; say whether it is filed so now.

    A source that calls itself the customer is taken for a model. What the customer chose stays.
    """
    categorize(
        posting_id=posting_id,
        owner_id=owner_id,
        category=category,
        changed_at=at,
        source="model" if source == CUSTOMER else source[:40],
        confidence=min(max(confidence, 0), 100),
    )
    known = selectors.annotation(posting_id=posting_id, owner_id=owner_id)
    return known is not None and known.category == category


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
    """Make a category of one's own. Refuses a name that one has, and a sixth level."""
    with refusing({"transactions_category_once": CategoryExists}), unit_of_work("transactions"):
        if Category.objects.filter(owner_id=owner_id).count() >= MOST_OWN:
            raise TooManyCategories(most=MOST_OWN)
        _check_place(parent, _all_locked(owner_id), moved="")
        return Category.objects.create(
            id=category_id, owner_id=owner_id, parent=parent, name=name.strip(), created_at=at
        )


def change_category(
    *, category_id: UUID, owner_id: UUID, name: str = "", parent: str = ""
) -> Category:
    """Call a category otherwise, hang it elsewhere, or both; what is filed under it stays.

    All categories of the customer are locked, so that two moves at once make no ring.
    """
    with refusing({"transactions_category_once": CategoryExists}), unit_of_work("transactions"):
        own = _all_locked(owner_id)
        category = next((one for one in own if one.id == category_id), None)
        if category is None:
            raise CategoryNotFound(category_id=str(category_id))
        if parent:
            _check_place(parent, own, moved=str(category_id))
            category.parent = parent
        category.name = name.strip() or category.name
        category.save(update_fields=["name", "parent"])
        return category


def remove_category(*, category_id: UUID, owner_id: UUID, into: str, at: datetime) -> int:
    """Delete a category of one's own; what was filed under it goes into another.

    `into` is a category of everybody's or one's own, the parent where it is empty. Categories under
    it move up to its parent. Returns how many postings went there.
    """
    with unit_of_work("transactions"):
        _all_locked(owner_id)
        category = _locked(category_id, owner_id)
        target = into or category.parent
        if target == str(category_id):
            raise UnknownCategory("a category is not merged into itself", category=target)
        check_usable(target, owner_id)
        moved = _run(
            "update transactions_annotation set category = %s, changed_at = %s"
            " where owner_id = %s and category = %s",
            target,
            at,
            owner_id,
            str(category_id),
        )
        _run(
            "update transactions_split set category = %s where owner_id = %s and category = %s",
            target,
            owner_id,
            str(category_id),
        )
        Rule.objects.filter(owner_id=owner_id, category=str(category_id)).update(category=target)
        Category.objects.filter(owner_id=owner_id, parent=str(category_id)).update(
            parent=category.parent
        )
        category.delete()
        return moved


def _check_known(category: str) -> None:
    if category not in CATEGORIES:
        raise UnknownCategory(f"{category[:40]!r} is not a category", category=category[:40])


def _check_place(parent: str, own: Sequence[Category], *, moved: str) -> None:
    """Refuse a parent that is unknown, under what is moved, or too deep."""
    if parent in CATEGORIES:
        return
    by_key = {str(one.id): one.parent for one in own}
    if parent not in by_key:
        _check_known(parent)
    above, key = 0, parent
    while key in by_key:
        above, key = above + 1, by_key[key]
        if moved in {parent, key}:
            raise CategoryLoop(category=moved)
    if above + _height(moved, own) > DEEPEST:
        raise CategoryLoop(f"categories hang at most {DEEPEST} deep", category=moved)


def _height(key: str, own: Sequence[Category]) -> int:
    """Return how many levels a category of one's own and those under it take."""
    return 1 + max((_height(str(one.id), own) for one in own if one.parent == key), default=0)


@needs_transaction("transactions")
def _all_locked(owner_id: UUID) -> list[Category]:
    """Lock all categories of a customer, in id order."""
    return lock_in_order(Category.objects.filter(owner_id=owner_id))


@needs_transaction("transactions")
def check_usable(category: str, owner_id: UUID) -> None:
    """Refuse a category that is neither everybody's nor the customer's; lock the customer's."""
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
