"""Reads of accounts for those who keep them: all their money, holds, and who else may use them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet, Sum

from apps.transactions.contracts import LedgerAccountNotFound
from apps.transactions.models import Account, Hold, Mandate
from vortex.db import alias_of, arrays
from vortex.db.prepared import fetch

# What somebody may see; `owner` is who asks.
OWN_SQL: Final = """
select id from transactions_account where owner_id = %(owner)s
union all
select account_id from transactions_mandate where user_id = %(owner)s
"""
_SHARERS: Final = """
select account_id, user_id from transactions_mandate where account_id = any (%(accounts)s)
"""


def expected_in(*, account_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return what is set aside elsewhere for each of these accounts that has any of it."""
    placed = Hold.objects.filter(state="placed", target_account_id__in=account_ids)
    sums = placed.values_list("target_account_id").annotate(total=Sum("amount_minor")).order_by()
    return {target: int(total) for target, total in sums if target is not None}


def holds_of_account(
    *, account_id: UUID, state: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Hold]:
    """Return holds on an account, newest first, at most `limit` beyond the position `after`."""
    rows = Hold.objects.filter(account_id=account_id)
    if state is not None:
        rows = rows.filter(state=state)
    if after is not None:
        at, hold_id = after
        rows = rows.filter(placed_at__lte=at).exclude(placed_at=at, id__gte=hold_id)
    return list(rows.order_by("-placed_at", "-id")[:limit])


def mandated(*, user_id: UUID, may_pay: bool = False) -> QuerySet[Mandate]:
    """Return the mandates of somebody, those to see or only those to pay."""
    mandates = Mandate.objects.filter(user_id=user_id)
    return mandates.filter(may_pay=True) if may_pay else mandates


def sharers_of(*, account_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return, by account, who besides its owner may see it."""
    found: dict[UUID, list[UUID]] = {}
    asked = {"accounts": arrays.uuids([*account_ids])}
    for account_id, user_id in fetch("transactions", _SHARERS, asked):
        found.setdefault(account_id, []).append(user_id)
    return found


def account_to_pay_from(*, account_id: UUID, user_id: UUID) -> Account:
    """Return an account that somebody may pay from, their own or by a mandate."""
    found = Account.objects.filter(pk=account_id).first()
    if found is None or (
        found.owner_id != user_id
        and not mandated(user_id=user_id, may_pay=True).filter(account_id=account_id).exists()
    ):
        raise LedgerAccountNotFound(account_id=str(account_id))
    return found


def payable_account_ids(*, user_id: UUID) -> list[UUID]:
    """Return the ids of every account that somebody may pay from, closed ones included."""
    own = Account.objects.filter(owner_id=user_id).values_list("id", flat=True)
    by_mandate = mandated(user_id=user_id, may_pay=True).values_list("account_id", flat=True)
    return list(own.union(by_mandate, all=True))


def own_account_ids(*, owner_id: UUID) -> list[UUID]:
    """Return the ids of every account that somebody may see, closed ones included."""
    return [account_id for (account_id,) in fetch("transactions", OWN_SQL, {"owner": owner_id})]


def payers_among(*, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those of these (account, somebody) where they may pay from another's account."""
    if not pairs:
        return set()
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select m.account_id, m.user_id from transactions_mandate m"
            " join unnest(%s::uuid[], %s::uuid[]) asked (account_id, user_id)"
            " using (account_id, user_id) where m.may_pay",
            ([account_id for account_id, _ in pairs], [user_id for _, user_id in pairs]),
        )
        return set(cursor.fetchall())
