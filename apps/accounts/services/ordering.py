"""Keeping what the bank ordered of an account, in the transactions of the change itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.accounts.contracts import FreezeIdReused
from apps.accounts.domain.standing import Change, Direction, Reason
from apps.accounts.models import BankOrder
from vortex.db import needs_transaction

# What the clockwork lets sleep or a holder wakes is nobody's order.
ORDERED: Final = frozenset({Change.FREEZE, Change.UNFREEZE, Change.CLOSE, Change.REOPEN})


@dataclass(frozen=True)
class Order:
    """What is ordered of an account, under an id of whoever orders it."""

    order_id: UUID
    account_id: UUID
    change: Change
    direction: Direction | None
    reason: Reason
    actor_id: UUID | None


def known_order(order: Order) -> BankOrder | None:
    """Return the order of this id; refuses where another one was given under it."""
    known = BankOrder.objects.filter(pk=order.order_id).first()
    if known is not None and _content(known) != _content(_row(order)):
        raise FreezeIdReused(freeze_id=str(order.order_id))
    return known


@needs_transaction("accounts")
def write_down(order: Order, *, at: datetime, is_settled: bool) -> None:
    """Keep an order, done already where there is nothing to do. Keeping it again keeps one."""
    known = known_order(order)
    if known is None:
        known = _row(order)
        known.ordered_at = at
        known.save(force_insert=True)
    if is_settled:
        settle(order.order_id, at=at)


@needs_transaction("accounts")
def settle(order_id: UUID, *, at: datetime | None) -> None:
    """End an order: done at an instant, or, without one, withdrawn as if never given."""
    order = BankOrder.objects.filter(pk=order_id, settled_at__isnull=True)
    if at is None:
        order.delete()
    else:
        order.update(settled_at=at)


def _row(order: Order) -> BankOrder:
    return BankOrder(
        pk=order.order_id,
        account_id=order.account_id,
        change=order.change.value,
        direction=order.direction.value if order.direction else "",
        reason=order.reason.value,
        actor_id=order.actor_id,
    )


def _content(row: BankOrder) -> tuple[object, ...]:
    return row.account_id, row.change, row.direction, row.reason, row.actor_id
