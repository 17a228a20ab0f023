"""Reads of limits and of what is used of them: the sum of entries and holds, kept nowhere apart."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.transactions.contracts import Channel, Period
from apps.transactions.domain.limits import KINDS, Rule, Spending
from apps.transactions.models import Limit
from vortex.db import alias_of

_CHANNELS: Final = {kind.value: channel for kind, channel in KINDS.items()}

# What has left accounts since the month began, by way and whether today; entries, and what is set
# aside: for somebody it will be a transfer, for nobody in particular it is a card's.
_USED: Final = """
select e.account_id, p.actor_id, p.kind, e.booked_at >= %(day)s, -sum(e.amount_minor)
  from transactions_entry e join transactions_posting p on p.id = e.posting_id
 where e.account_id = any (%(accounts)s) and e.booked_at >= %(month)s
   and e.amount_minor < 0 and p.kind = any (%(kinds)s)
 group by 1, 2, 3, 4
union all
select h.account_id, h.actor_id,
       case when h.target_account_id is null then 'card' else 'transfer' end,
       h.placed_at >= %(day)s, sum(h.amount_minor)
  from transactions_hold h
 where h.account_id = any (%(accounts)s) and h.state = 'placed' and h.placed_at >= %(month)s
 group by 1, 2, 3, 4
"""


def rules_of(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Rule]]:
    """Return rules by account from rows of (account, spender, period, channel, amount or None)."""
    rules: dict[UUID, list[Rule]] = defaultdict(list)
    for account_id, spender_id, period, channel, amount in rows:
        if amount is not None:
            known = Rule(account_id, spender_id, Period(period), Channel(channel), amount)
            rules[account_id].append(known)
    return rules


def fill(
    connection: BaseDatabaseWrapper, rules: Mapping[UUID, Sequence[Rule]], at: datetime
) -> None:
    """Tell the rules what has been spent in the day and in the month (UTC) of an instant."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = [kind for kind, channel in _CHANNELS.items() if channel is not None]
    said: dict[str, Any] = {
        "accounts": list(rules),
        "day": day,
        "month": day.replace(day=1),
        "kinds": kinds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_USED, said)
        for account_id, actor_id, kind, is_today, minor in cursor.fetchall():
            spent = Spending(account_id, actor_id, _CHANNELS[kind], int(minor))
            for rule in rules[account_id]:
                rule.used(spent, is_today=is_today)


def limits_used(*, account_id: UUID, at: datetime) -> list[tuple[Limit, int]]:
    """Return every limit of an account with what is used of it at this moment, in minor units."""
    limits = list(Limit.objects.filter(account_id=account_id).order_by("id"))
    rules = [
        Rule(account_id, row.spender_id, Period(row.period), Channel(row.channel), 0)
        for row in limits
    ]
    if rules:
        fill(connections[alias_of("transactions")], {account_id: rules}, at)
    return [(row, rule.used_minor) for row, rule in zip(limits, rules, strict=True)]
