"""Putting in place what a customer had at a former bank: each part has an id, so twice is once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.contracts import (
    ArrangedLimit,
    ArrangedPot,
    Arrangement,
    ArrangementRefused,
    Role,
)
from apps.accounts.domain.limits import key_of
from apps.accounts.domain.watching import Kind
from apps.accounts.models import Account
from apps.accounts.selectors import limits as limit_reads
from apps.accounts.services import aliases, cards, limits, members, monitors, pots
from vortex.errors import Refusal, Unavailable
from vortex.ids import derived_id
from vortex.money import Money


def arrange(
    *, arrangement_id: UUID, account_id: UUID, arrangement: Arrangement, arranged_at: datetime
) -> None:
    """Put in place what of an arrangement is not there yet; send it again where it died."""
    account = selectors.account(account_id=account_id)
    try:
        _arrange(arrangement_id, account, arrangement, arranged_at)
    except Unavailable:
        raise
    except Refusal as refusal:
        raise ArrangementRefused(refusal.detail, because=refusal.code) from refusal


def _arrange(arrangement_id: UUID, account: Account, wanted: Arrangement, at: datetime) -> None:
    def part(*names: str) -> UUID:
        return derived_id(account.opened_at, "accounts.arranged", str(arrangement_id), *names)

    _set_limits(account, wanted.limits, at)
    for number, pot in enumerate(wanted.pots):
        _open_pot(account, pot, part("pot", str(number)), part("start", str(number)), at)
    for number, monitor in enumerate(wanted.monitors):
        monitors.watch(
            monitor_id=part("monitor", str(number)),
            account=account,
            kind=Kind(monitor.kind),
            amount_minor=monitor.amount_minor,
            at=at,
        )
    for number, name in enumerate(wanted.cards):
        cards.issue_card(
            card_id=part("card", str(number)),
            account_id=account.pk,
            name=name,
            made_by=account.owner_id,
            at=at,
        )
    if wanted.alias:
        aliases.claim(account_id=account.pk, text=wanted.alias, at=at)
    if wanted.joint_holder_id is not None:
        rights = members.Rights(role=Role.JOINT, may_pay=True, pay_minor=None)
        members.admit(
            member_id=part("member"),
            account=account,
            user_id=wanted.joint_holder_id,
            rights=rights,
            at=at,
        )


def _set_limits(account: Account, wanted: Sequence[ArrangedLimit], at: datetime) -> None:
    known = limit_reads.limits(account_id=account.pk)
    there = {key_of(usage.limit.period, usage.limit.channel) for usage in known}
    asked = {key_of(limit.period, limit.channel): limit.amount_minor for limit in wanted}
    fresh = {key: minor for key, minor in asked.items() if key not in there}
    if fresh:
        limits.change_limits(
            account_id=account.pk, wanted=fresh, asked_by=account.owner_id, asked_at=at
        )


def _open_pot(
    account: Account, wanted: ArrangedPot, pot_id: UUID, posting_id: UUID, at: datetime
) -> None:
    plan = pots.Plan(
        name=wanted.name, goal_minor=wanted.goal_minor, round_up_minor=wanted.round_up_minor
    )
    pot = pots.open_pot(pot_id=pot_id, account=account, plan=plan, opened_at=at)
    if wanted.start_minor:
        amount = Money(wanted.start_minor, account.currency)
        pots.move(posting_id=posting_id, pot=pot, account=account, amount=amount, is_in=True)
