"""What the gate knows of a payer, and the transactions that it has held back."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connections

from apps.transactions.contracts import ReviewNotFound
from apps.transactions.domain.gate import Past, Policy
from apps.transactions.models import Review
from vortex.db import alias_of

# Of each of the payer's accounts only so many latest debits are looked at: what a judgement costs
# does not grow with a history. Who was paid before that counts as new.
_LOOKED_AT: Final = 1_000

_PAID: Final = """
with own as (
  select id from transactions_account where owner_id = %(owner)s
), paid as (
  select t.account_id as payee, t.currency, t.amount_minor, recent.booked_at
    from own cross join lateral (
      select e.posting_id, e.booked_at from transactions_entry e
       where e.account_id = own.id and e.amount_minor < 0
       order by e.booked_at desc, e.posting_id desc limit %(most)s
    ) recent
    join transactions_entry t on t.posting_id = recent.posting_id
     and t.booked_at = recent.booked_at and t.amount_minor > 0
    join transactions_account a on a.id = t.account_id and a.owner_id <> %(owner)s
)
"""
_PAYEES: Final = """
select payee from paid where payee = any (%(targets)s)
 group by payee having min(booked_at) <= %(settled)s
"""
# Payments of one batch were booked at one moment, and are one act. What is set aside counts too.
_LATELY: Final = """
, settled as (
  select payee from paid group by payee having min(booked_at) <= %(settled)s
), moved as (
  select currency, amount_minor, booked_at, payee from paid where booked_at > %(settled)s
   union all
  select h.currency, h.amount_minor, h.placed_at, h.target_account_id
    from transactions_hold h
    join transactions_account a on a.id = h.target_account_id and a.owner_id <> %(owner)s
   where h.account_id in (select id from own) and h.state = 'placed'
     and h.placed_at > %(settled)s
)
select currency,
       count(distinct booked_at) filter (where booked_at > %(hour)s and booked_at <= %(began)s),
       coalesce(sum(amount_minor) filter (
         where not exists (select from settled where settled.payee = moved.payee)), 0)
  from moved group by currency
"""


def past_of(
    *,
    owner_id: UUID,
    targets: Collection[UUID],
    policy: Policy,
    at: datetime,
    began_at: datetime,
) -> Past:
    """Return what is known of a customer who is about to pay these accounts.

    What was made since `began_at` belongs to the same act and is not counted as another one.
    """
    values: dict[str, Any] = {
        "owner": owner_id,
        "targets": list(targets),
        "most": _LOOKED_AT,
        "settled": at - timedelta(hours=policy.payee_settles_hours),
        "hour": began_at - timedelta(hours=1),
        "began": began_at,
    }
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(_PAID + _PAYEES, values)
        settled = frozenset(payee for (payee,) in cursor.fetchall())
        cursor.execute(_PAID + _LATELY, values)
        lately = cursor.fetchall()
    return Past(
        settled_payees=settled,
        payments_last_hour=sum(count for _, count, _ in lately),
        to_new_payees_minor={currency: int(total) for currency, _, total in lately},
    )


def review(*, transaction_id: UUID) -> Review:
    """Return a transaction that was held back or denied; for staff."""
    found = Review.objects.filter(pk=transaction_id).first()
    if found is None:
        raise ReviewNotFound(transaction_id=str(transaction_id))
    return found


def reviews(*, state: str, after: tuple[datetime, UUID] | None, limit: int) -> list[Review]:
    """Return what was held back, oldest first; only in a state where one is named."""
    rows = Review.objects.filter(state=state) if state else Review.objects.all()
    if after is not None:
        at, review_id = after
        rows = rows.filter(asked_at__gte=at).exclude(asked_at=at, id__lte=review_id)
    return list(rows.order_by("asked_at", "id")[:limit])
