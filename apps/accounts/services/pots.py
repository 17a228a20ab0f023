"""Pots: money of an account set apart, moved by hand or by the change of payments.

A pot is an account of the ledger with a limit of nothing, so that money leaves it to its own
account alone. The ledger is called before a transaction, never inside one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from apps.accounts.contracts import AccountIsClosed, PotNotFound, RoundUpTaken, TooManyPots
from apps.accounts.domain.labels import checked_nickname
from apps.accounts.domain.standing import Standing
from apps.accounts.domain.watching import change_of
from apps.accounts.models import Account, Pot, RoundUp
from apps.accounts.services.rows import locked
from apps.transactions.contracts import (
    Channel,
    Ledger,
    LedgerAccountKind,
    LedgerAccounts,
    Leg,
    Period,
    Posted,
    Posting,
    PostingKind,
    SpendingLimit,
)
from vortex.binding import bind
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.db.prepared import held_among
from vortex.errors import Refusal, Unavailable
from vortex.http.refusals import PreconditionFailed
from vortex.ids import derived_id
from vortex.money import CurrencyMismatch, Money
from vortex.telemetry import get_logger

MOST: Final = 20
_AT_ONCE: Final = 200
_TAKEN: Final = {"accounts_pot_one_round_up": RoundUpTaken}
_NOTHING: Final = SpendingLimit(period=Period.TRANSACTION, channel=Channel.ANY, amount_minor=0)

log = get_logger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a pot is for; `round_up_minor` of 0 takes no change."""

    name: str
    goal_minor: int | None = None
    goal_date: date | None = None
    round_up_minor: int = 0


@dataclass(frozen=True)
class Payment:
    """A debit of an account whose change may go into a pot."""

    account_id: UUID
    posting_id: UUID
    paid_minor: int
    booked_at: datetime


def open_pot(*, pot_id: UUID, account: Account, plan: Plan, opened_at: datetime) -> Pot:
    """Open a pot in the ledger and here. A second call with the id opens nothing."""
    known = Pot.objects.filter(pk=pot_id, account_id=account.pk).first()
    if known is not None:
        return known
    if Pot.objects.filter(account_id=account.pk, closed_at__isnull=True).count() >= MOST:
        raise TooManyPots(most=MOST)
    name = checked_nickname(plan.name)
    bind(Ledger).open_account(
        account_id=pot_id,
        owner_id=account.owner_id,
        currency=account.currency,
        kind=LedgerAccountKind.CUSTOMER,
        name=name,
        overdraft_minor=0,
        opened_at=opened_at,
    )
    bind(LedgerAccounts).set_limits(account_id=pot_id, spender_id=None, limits=(_NOTHING,))
    with refusing(_TAKEN), unit_of_work("accounts"):
        if locked(account.pk).standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account.pk))
        if Pot.objects.filter(account_id=account.pk, closed_at__isnull=True).count() >= MOST:
            raise TooManyPots(most=MOST)
        return Pot.objects.create(
            id=pot_id,
            account_id=account.pk,
            name=name,
            goal_minor=plan.goal_minor,
            goal_date=plan.goal_date,
            round_up_minor=plan.round_up_minor,
            opened_at=opened_at,
        )


def change_pot(*, pot_id: UUID, changes: Mapping[str, Any], expected_version: int) -> Pot:
    """Change what a pot is for, as long as it is as it was read."""
    with refusing(_TAKEN), unit_of_work("accounts"):
        pot = Pot.objects.select_for_update().filter(pk=pot_id, closed_at__isnull=True).first()
        if pot is None:
            raise PotNotFound(pot_id=str(pot_id))
        if pot.version != expected_version:
            raise PreconditionFailed(version=pot.version)
        for name, value in changes.items():
            setattr(pot, name, checked_nickname(value) if name == "name" else value)
        pot.version += 1
        pot.save()
        return pot


def move(*, posting_id: UUID, pot: Pot, account: Account, amount: Money, is_in: bool) -> Posted:
    """Move money into a pot or out of it, at once. The id makes a second delivery harmless."""
    if amount.currency != account.currency:
        raise CurrencyMismatch(currency=account.currency)
    source, target = (account.pk, pot.pk) if is_in else (pot.pk, account.pk)
    return bind(Ledger).post(
        posting_id=posting_id,
        posting=_posting(
            posting_id=posting_id,
            source=source,
            target=target,
            amount=amount,
            words=pot.name,
            actor_id=account.owner_id,
        ),
    )


def close_pot(*, pot: Pot, account: Account, closed_at: datetime) -> Pot:
    """Give what is in a pot back to its account and close it, both or neither. Twice is once."""
    bind(LedgerAccounts).close_into(
        posting_id=derived_id(pot.opened_at, "accounts.pot.closed", str(pot.pk)),
        account_id=pot.pk,
        target_account_id=account.pk,
        description=pot.name,
        actor_id=account.owner_id,
        closed_at=closed_at,
    )
    with unit_of_work("accounts"):
        Pot.objects.filter(pk=pot.pk, closed_at__isnull=True).update(
            closed_at=closed_at, round_up_minor=0
        )
    return Pot.objects.get(pk=pot.pk)


@needs_transaction("accounts")
def note_change(*, payments: Sequence[Payment], heard_at: datetime) -> None:
    """Write down the change of payments for the pots that take it; each payment counts once."""
    having = held_among(
        "accounts",
        {payment.account_id for payment in payments},
        table="accounts_pot",
        column="account_id",
        where="round_up_minor > 0 and closed_at is null",
    )
    if not having:
        return
    pots = {
        pot.account_id: pot
        for pot in Pot.objects.filter(
            account_id__in=having, round_up_minor__gt=0, closed_at__isnull=True
        )
    }
    rows = [
        RoundUp(
            id=derived_id(
                payment.booked_at, "accounts.round-up", str(pot.pk), str(payment.posting_id)
            ),
            pot_id=pot.pk,
            payment_id=payment.posting_id,
            amount_minor=change,
            heard_at=heard_at,
        )
        for payment in payments
        if (pot := pots.get(payment.account_id)) is not None
        and payment.booked_at >= pot.opened_at
        and (change := change_of(payment.paid_minor, pot.round_up_minor))
    ]
    RoundUp.objects.bulk_create(rows, ignore_conflicts=True)


def carry_out_round_ups(*, now: datetime) -> int:
    """Move the change that waits into its pots; what the ledger refuses is left where it is."""
    due = list(RoundUp.objects.filter(ended_at__isnull=True).order_by("heard_at")[:_AT_ONCE])
    pots = Pot.objects.in_bulk({row.pot_id for row in due})
    accounts = Account.objects.in_bulk({pot.account_id for pot in pots.values()})
    for row in due:
        pot = pots[row.pot_id]
        account = accounts[pot.account_id]
        amount = Money(row.amount_minor, account.currency)
        refused = ""
        try:
            bind(Ledger).post(
                posting_id=row.pk,
                posting=_posting(
                    posting_id=row.pk,
                    source=account.pk,
                    target=pot.pk,
                    amount=amount,
                    words=f"{pot.name}: change",
                    actor_id=account.owner_id,
                ),
            )
        except Unavailable:  # the next run tries again
            log.warning("accounts.round_up.not_made", round_up_id=str(row.pk))
            continue
        except Refusal as refusal:
            refused = refusal.code
        with unit_of_work("accounts"):
            RoundUp.objects.filter(pk=row.pk).update(ended_at=now, refused_with=refused)
    return len(due)


def _posting(
    *, posting_id: UUID, source: UUID, target: UUID, amount: Money, words: str, actor_id: UUID
) -> Posting:
    legs = (
        Leg(account_id=source, amount_minor=-amount.minor, currency=amount.currency),
        Leg(account_id=target, amount_minor=amount.minor, currency=amount.currency),
    )
    return Posting(
        posting_id=posting_id,
        legs=legs,
        kind=PostingKind.POT,
        description=words,
        category="savings",
        actor_id=actor_id,
    )
