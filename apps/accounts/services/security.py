"""All that protects an account, as one page: compared with what is, tightened first, then loosened.

The parts have their own promises and places: sides and limits are the ledger's, monitors are here.
Should a process die in between, what was tightened holds; whoever sends the page again finishes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.domain.limits import in_force, key_of
from apps.accounts.domain.standing import (
    RESTRICTIONS,
    Change,
    Direction,
    FrozenByBank,
    Party,
    Standing,
)
from apps.accounts.domain.watching import Kind
from apps.accounts.models import Account, Monitor
from apps.accounts.selectors.pots import monitors as monitors_of
from apps.accounts.services import limits, monitors
from apps.accounts.services.rows import locked, store
from apps.accounts.services.standing import Asked, change_as_asked
from apps.transactions.contracts import LimitUsage
from vortex.db import unit_of_work
from vortex.http.refusals import PreconditionFailed
from vortex.ids import new_id

Watched = tuple[Kind, int]


@dataclass(frozen=True)
class Page:
    """What is to protect an account: frozen sides, limits by name, thresholds to tell of."""

    frozen: Direction | None
    limits: Mapping[str, int]
    monitors: frozenset[Watched]


@dataclass(frozen=True)
class Steps:
    """What leads from what is to a page, and whether it needs a proof of presence."""

    frozen: bool
    limits: Mapping[str, int | None]
    stopped: tuple[Monitor, ...]
    watched: frozenset[Watched]
    is_loosening: bool

    @property
    def are_any(self) -> bool:
        """Whether there is anything to do."""
        return self.frozen or bool(self.limits or self.stopped or self.watched)


def steps_to(page: Page, *, account: Account, known: tuple[LimitUsage, ...], at: datetime) -> Steps:
    """Return what has to be done; refuses to lift what the bank froze."""
    former = Direction(account.frozen) if account.frozen else None
    if page.frozen != former and account.standing == Standing.FROZEN_BY_BANK:
        raise FrozenByBank(account_id=str(account.pk))
    changed = _changed_limits(page.limits, known, at)
    kept = list(monitors_of(account_id=account.pk))
    stopped = tuple(one for one in kept if (Kind(one.kind), one.amount_minor) not in page.monitors)
    watched = page.monitors - {(Kind(one.kind), one.amount_minor) for one in kept}
    thaws = any(
        was and not wanted
        for was, wanted in zip(RESTRICTIONS[former], RESTRICTIONS[page.frozen], strict=True)
    )
    # Setting a limit needs a proof wherever it is asked: a thief could stop the holder's payments.
    is_loosening = thaws or bool(stopped) or bool(changed)
    return Steps(page.frozen != former, changed, stopped, frozenset(watched), is_loosening)


def protect(*, account: Account, page: Page, steps: Steps, asked_by: UUID, at: datetime) -> None:
    """Take the steps to a page: those that tighten first. Taking them again changes nothing.

    Refuses where the account is not as it was read any more: of two pages at once one is taken.
    """
    if not steps.are_any:
        return
    with unit_of_work("accounts"):
        present = locked(account.pk)
        if present.version != account.version:
            raise PreconditionFailed(version=present.version)
        store(present)
    if steps.frozen and page.frozen is not None:
        _turn(account, page.frozen, asked_by, at)
    if steps.limits:
        limits.change_limits(
            account_id=account.pk, wanted=steps.limits, asked_by=asked_by, asked_at=at
        )
    for kind, amount_minor in sorted(steps.watched):
        monitors.watch(
            monitor_id=new_id(), account=account, kind=kind, amount_minor=amount_minor, at=at
        )
    for monitor in steps.stopped:
        monitors.stop(account_id=account.pk, monitor_id=monitor.pk)
    if steps.frozen and page.frozen is None:
        _turn(account, None, asked_by, at)


def _turn(account: Account, frozen: Direction | None, asked_by: UUID, at: datetime) -> None:
    change = Change.UNFREEZE if frozen is None else Change.FREEZE
    asked = Asked(change=change, party=Party.HOLDER, actor_id=asked_by, direction=frozen)
    change_as_asked(account_id=account.pk, asked=asked, asked_at=at)


def _changed_limits(
    wanted: Mapping[str, int], known: tuple[LimitUsage, ...], at: datetime
) -> dict[str, int | None]:
    """Return the limits that differ; what is in force or waits to be so is no change."""
    changed: dict[str, int | None] = {}
    former = {key_of(usage.limit.period, usage.limit.channel): usage.limit for usage in known}
    for key, amount in wanted.items():
        limit = former.get(key)
        if limit is None or amount not in {in_force(limit, at), limit.next_minor}:
            changed[key] = amount
    for key, limit in former.items():
        will_be_lifted = limit.next_at is not None and limit.next_minor is None
        if key not in wanted and not will_be_lifted:
            changed[key] = None
    return changed
