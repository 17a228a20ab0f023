"""Rules of customers: written down, tried, applied to what comes and to what is past.

What a customer has chosen stays: a rule files only what nobody has filed by hand. Filing is one
statement per transaction, so a rule and a customer at once lose nothing of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from apps.transactions import selectors
from apps.transactions.contracts import RuleNotFound, RuleRunning, TooManyRules, UnknownCategory
from apps.transactions.domain.rules import Filed, Looks, Ruling, check, filed, matches
from apps.transactions.models import Rule, RuleRun
from apps.transactions.selectors import OwnPosting, Wanted
from apps.transactions.services.annotating import categorize, check_usable
from vortex.db import alias_of, lock_in_order, needs_transaction, refusing, unit_of_work
from vortex.telemetry import get_logger
from vortex.waking import wake

MOST_RULES: Final = 100
TRIED: Final = 2_000
TASK: Final = "transactions.work_off_rule_runs"
_STEP: Final = 500
_STEPS_AT_ONCE: Final = 4
_SHOWN: Final = 50

_FILE: Final = """
insert into transactions_filing as f (owner_id, posting_id, tags, note, changed_at)
values (%s, %s, %s, %s, %s) on conflict (owner_id, posting_id) do update
   set tags = (select coalesce(array_agg(distinct tag order by tag), '{}')
                 from unnest(f.tags || excluded.tags) tag),
       note = case when f.note = '' then excluded.note else f.note end,
       changed_at = excluded.changed_at
 where not f.tags @> excluded.tags or (f.note = '' and excluded.note <> '')
"""

log = get_logger("transactions.ruling")


@dataclass(frozen=True)
class Tried:
    """What a rule would do to the latest transactions: how many it was held against, and hits."""

    seen: int
    matched: int
    posting_ids: tuple[UUID, ...]


def write(*, rule: Ruling, owner_id: UUID, name: str, enabled: bool, at: datetime) -> Rule:
    """Write a rule down, after those that are there."""
    check(rule)
    with unit_of_work("transactions"):
        known = lock_in_order(Rule.objects.filter(owner_id=owner_id))
        if len(known) >= MOST_RULES:
            raise TooManyRules(most=MOST_RULES)
        _check_category(rule, owner_id)
        return Rule.objects.create(
            id=rule.id,
            owner_id=owner_id,
            position=max((one.position for one in known), default=0) + 1,
            name=name,
            is_enabled=enabled,
            created_at=at,
            changed_at=at,
            **_terms(rule),
        )


@needs_transaction("transactions")
def rewrite(*, rule: Ruling, owner_id: UUID, name: str, enabled: bool, at: datetime) -> Rule:
    """Write a rule anew, in its place. What it has filed so far stays filed."""
    check(rule)
    known = locked(rule.id, owner_id)
    _check_category(rule, owner_id)
    for term, value in _terms(rule).items():
        setattr(known, term, value)
    known.name, known.is_enabled, known.changed_at = name, enabled, at
    known.version += 1
    known.save()
    return known


def remove(*, rule_id: UUID, owner_id: UUID) -> None:
    """Delete a rule, and stop it on its way through the past."""
    with unit_of_work("transactions"):
        known = locked(rule_id, owner_id)
        RuleRun.objects.filter(rule_id=rule_id, state="running").update(state="stopped")
        known.delete()


def order(*, rule_ids: Sequence[UUID], owner_id: UUID) -> list[Rule]:
    """Let rules run in this order; those that are not named come after them, as they were."""
    with unit_of_work("transactions"):
        lock_in_order(Rule.objects.filter(owner_id=owner_id))
        known = {rule.id: rule for rule in selectors.rules_of_owner(owner_id=owner_id)}
        for rule_id in rule_ids:
            if rule_id not in known:
                raise RuleNotFound(rule_id=str(rule_id))
        wanted = list(dict.fromkeys([*rule_ids, *known]))
        for place, rule_id in enumerate(wanted, 1):
            known[rule_id].position = place
        Rule.objects.bulk_update(known.values(), ["position"])
        return selectors.rules_of_owner(owner_id=owner_id)


def tried(*, rule_id: UUID, owner_id: UUID) -> Tried:
    """Hold a rule against the latest transactions and change nothing."""
    rule = selectors.ruling_of(selectors.rule_of_owner(rule_id=rule_id, owner_id=owner_id))
    latest = selectors.postings_of_owner(
        owner_id=owner_id, wanted=Wanted(), after=None, limit=TRIED
    )
    hits = [own.id for own in latest if matches(rule, _looks(own))]
    return Tried(len(latest), len(hits), tuple(hits[:_SHOWN]))


def apply(*, run_id: UUID, rule_id: UUID, owner_id: UUID, at: datetime) -> RuleRun:
    """Send a rule through the past. A short past is done at once, a long one by the clockwork."""
    with refusing({"transactions_rule_run_once": RuleRunning}), unit_of_work("transactions"):
        locked(rule_id, owner_id)
        RuleRun.objects.create(
            id=run_id,
            owner_id=owner_id,
            rule_id=rule_id,
            state="running",
            started_at=at,
            changed_at=at,
        )
        wake(TASK)
    for _ in range(_STEPS_AT_ONCE):
        if not step(run_id=run_id, at=at):
            break
    return selectors.rule_run_of_owner(run_id=run_id, rule_id=rule_id, owner_id=owner_id)


def step(*, run_id: UUID, at: datetime) -> bool:
    """Let a run file the next 500 transactions; say whether more wait.

    What is filed and how far the run has come are one transaction, so a run that dies goes on
    where it was.
    """
    with unit_of_work("transactions"):
        run = RuleRun.objects.select_for_update().filter(pk=run_id, state="running").first()
        if run is None:
            return False
        rule = selectors.ruling_of(
            selectors.rule_of_owner(rule_id=run.rule_id, owner_id=run.owner_id)
        )
        after = (run.after_at, run.after_id) if run.after_at and run.after_id else None
        page = selectors.postings_of_owner(
            owner_id=run.owner_id, wanted=Wanted(), after=after, limit=_STEP
        )
        for own in page:
            run.seen += 1
            if matches(rule, _looks(own)):
                run.matched += 1
                run.filed += _file(own, run.owner_id, filed([rule], _looks(own)), at)
        if page:
            run.after_at, run.after_id = page[-1].booked_at, page[-1].id
        run.state = "running" if len(page) == _STEP else "done"
        run.changed_at = at
        run.save()
        return run.state == "running"


def work_off(*, now: datetime) -> int:
    """Go on with every run that waits."""
    waiting = selectors.waiting_runs(untouched_since=now, limit=20)
    for run_id in waiting:
        while step(run_id=run_id, at=now):
            continue
    return len(waiting)


@needs_transaction("transactions")
def file_new(*, posting_ids: dict[UUID, list[UUID]], at: datetime) -> int:
    """File new postings, by owner, by the rules that each owner has; return how many were filed."""
    count = 0
    for owner_id, rules in selectors.enabled_rulings(owner_ids=list(posting_ids)).items():
        own = selectors.postings_by_id(posting_ids=posting_ids[owner_id], owner_id=owner_id)
        for one in own:
            found = filed(rules, _looks(one))
            count += _file(one, owner_id, found, at) if found.rule_ids else 0
    return count


def _file(own: OwnPosting, owner_id: UUID, found: Filed, at: datetime) -> bool:
    """File one transaction as rules say; say whether anything changed."""
    changed = False
    if found.category:
        try:
            changed = categorize(
                posting_id=own.id,
                owner_id=owner_id,
                category=found.category,
                changed_at=at,
                source="rule",
            )
        except UnknownCategory:
            log.warning("transactions.rule.category_gone", rule_id=str(found.rule_ids[0]))
    if found.tags or found.note:
        with connections[alias_of("transactions")].cursor() as cursor:
            cursor.execute(_FILE, (owner_id, own.id, sorted(found.tags), found.note, at))
            changed = bool(cursor.rowcount) or changed
    return changed


@needs_transaction("transactions")
def locked(rule_id: UUID, owner_id: UUID) -> Rule:
    """Return a customer's own rule under lock."""
    found = Rule.objects.select_for_update().filter(pk=rule_id, owner_id=owner_id).first()
    if found is None:
        raise RuleNotFound(rule_id=str(rule_id))
    return found


def _check_category(rule: Ruling, owner_id: UUID) -> None:
    if rule.category:
        check_usable(rule.category, owner_id)


def _terms(rule: Ruling) -> dict[str, Any]:
    return {
        "match": "all" if rule.needs_all else "any",
        "conditions": [
            {"field": one.field.value, "operator": one.operator.value, "value": one.value}
            for one in rule.conditions
        ],
        "category": rule.category,
        "tags": sorted({tag.strip().casefold() for tag in rule.tags} - {""}),
        "note": rule.note,
        "stops": rule.stops,
    }


def _looks(own: OwnPosting) -> list[Looks]:
    return [
        Looks(
            description=own.description,
            counterparty=own.counterparty,
            reference=own.reference,
            amount_minor=abs(entry.amount_minor),
            account_id=str(entry.account_id),
            direction="in" if entry.amount_minor > 0 else "out",
            kind=own.kind,
            currency=entry.currency,
        )
        for entry in own.entries
    ]
