"""Rules, their runs, pairs of transfers, and what comes again: only a customer's own."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from apps.transactions.contracts import RuleNotFound, RuleRunNotFound, TransferPairNotFound
from apps.transactions.domain.pairing import DAYS_APART, Candidate
from apps.transactions.domain.recurring import Move
from apps.transactions.domain.rules import Condition, Field, Operator, Ruling
from apps.transactions.models import Account, Rule, RuleRun, TransferPair
from apps.transactions.selectors.search import COUNTERPARTY_SQL, WHOLE_SQL, run_in_time
from vortex.db.prepared import held_among

MOST_MOVES: Final = 20_000
_MOST_CANDIDATES: Final = 5_000

_CANDIDATES: Final = """
with own as (
  select e.posting_id, e.account_id, e.amount_minor, e.currency, p.effective_date as day
    from transactions_entry e join transactions_posting p on p.id = e.posting_id
   where e.account_id = any (%(accounts)s::uuid[]) and p.effective_date >= %(since)s
     and p.reverses_id is null
     and not exists (select from transactions_reversal r where r.original_id = p.id)
     and not exists (select from transactions_entry o where o.posting_id = e.posting_id
                      and o.booked_at = e.booked_at and o.account_id <> e.account_id
                      and o.account_id = any (%(accounts)s::uuid[]))
)
select o.posting_id, i.posting_id, o.account_id, i.account_id, i.amount_minor, i.currency,
       o.day, i.day
  from own o join own i on i.amount_minor = -o.amount_minor and i.currency = o.currency
   and i.account_id <> o.account_id and i.day between o.day - %(apart)s and o.day + %(apart)s
 where o.amount_minor < 0
 order by abs(i.day - o.day), o.day limit %(most)s
"""
_MOVES: Final = """
select p.effective_date, e.amount_minor, e.currency, e.account_id,
       coalesce(nullif({counterparty}, ''), p.description), {category}
  from transactions_entry e join transactions_posting p on p.id = e.posting_id
  left join transactions_annotation n on n.posting_id = e.posting_id and n.owner_id = %(owner)s
 where e.account_id = any (%(accounts)s::uuid[]) and p.effective_date >= %(since)s
   and p.reverses_id is null
 order by p.effective_date desc limit %(most)s
"""


def rules_of_owner(*, owner_id: UUID) -> list[Rule]:
    """Return a customer's rules in the order in which they run."""
    return list(Rule.objects.filter(owner_id=owner_id).order_by("position", "id"))


def has_rule(*, rule_id: UUID) -> bool:
    """Say whether there is a rule of this id, whoever's it is."""
    return Rule.objects.filter(pk=rule_id).exists()


def rule_of_owner(*, rule_id: UUID, owner_id: UUID) -> Rule:
    """Return a customer's own rule; anyone else's does not exist."""
    found = Rule.objects.filter(pk=rule_id, owner_id=owner_id).first()
    if found is None:
        raise RuleNotFound(rule_id=str(rule_id))
    return found


def enabled_rulings(*, owner_ids: Collection[UUID]) -> dict[UUID, list[Ruling]]:
    """Return the rules in force of those of these customers who have any, in their order."""
    found: dict[UUID, list[Ruling]] = {}
    having = held_among(
        "transactions",
        owner_ids,
        table="transactions_rule",
        column="owner_id",
        where="is_enabled",
    )
    rules = Rule.objects.filter(owner_id__in=having, is_enabled=True)
    for rule in rules.order_by("owner_id", "position", "id"):
        found.setdefault(rule.owner_id, []).append(ruling_of(rule))
    return found


def ruling_of(rule: Rule) -> Ruling:
    """Return a stored rule as the domain knows it."""
    return Ruling(
        id=rule.id,
        conditions=tuple(
            Condition(Field(one["field"]), Operator(one["operator"]), one["value"])
            for one in rule.conditions
        ),
        needs_all=rule.match == "all",
        category=rule.category,
        tags=tuple(rule.tags),
        note=rule.note,
        stops=rule.stops,
    )


def rule_run_of_owner(*, run_id: UUID, rule_id: UUID, owner_id: UUID) -> RuleRun:
    """Return a run of a customer's own rule."""
    found = RuleRun.objects.filter(pk=run_id, rule_id=rule_id, owner_id=owner_id).first()
    if found is None:
        raise RuleRunNotFound(run_id=str(run_id))
    return found


def waiting_runs(*, untouched_since: datetime, limit: int) -> list[UUID]:
    """Return runs that somebody has to go on with, the longest untouched first."""
    waiting = RuleRun.objects.filter(state="running", changed_at__lte=untouched_since)
    return list(waiting.order_by("changed_at").values_list("id", flat=True)[:limit])


def transfer_pair_of_owner(*, pair_id: UUID, owner_id: UUID) -> TransferPair:
    """Return a customer's own pair; anyone else's does not exist."""
    found = TransferPair.objects.filter(pk=pair_id, owner_id=owner_id).first()
    if found is None:
        raise TransferPairNotFound(pair_id=str(pair_id))
    return found


def transfer_pairs(
    *, owner_id: UUID, state: str, after: tuple[UUID] | None, limit: int
) -> list[TransferPair]:
    """Return a customer's pairs in a state, newest first."""
    found = TransferPair.objects.filter(owner_id=owner_id, state=state)
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:limit])


def transfer_candidates(*, owner_id: UUID, since: date) -> list[Candidate]:
    """Return what left one own account and as much that reached another within a few days."""
    values: dict[str, Any] = {
        "accounts": _own(owner_id),
        "since": since,
        "apart": DAYS_APART,
        "most": _MOST_CANDIDATES,
    }
    return [Candidate(*row) for row in run_in_time(_CANDIDATES, values)]


def moves(*, owner_id: UUID, since: date) -> list[Move]:
    """Return a customer's own entries since a day, newest first, at most 20,000 of them."""
    statement = _MOVES.format(counterparty=COUNTERPARTY_SQL, category=WHOLE_SQL)
    values = {"accounts": _own(owner_id), "owner": owner_id, "since": since, "most": MOST_MOVES}
    return [Move(d, int(m), c, a, n, k) for d, m, c, a, n, k in run_in_time(statement, values)]


def _own(owner_id: UUID) -> list[UUID]:
    return list(Account.objects.filter(owner_id=owner_id).values_list("id", flat=True))
