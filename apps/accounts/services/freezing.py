"""Freezing by an order of another part of the bank: once per order, and never less than stands."""

from datetime import datetime

from apps.accounts import selectors
from apps.accounts.domain.standing import Party
from apps.accounts.models import Account
from apps.accounts.services.ordering import Order, known_order
from apps.accounts.services.standing import Asked, change_as_asked


def freeze(*, order: Order, ordered_at: datetime) -> Account:
    """Freeze what an order names; sent again it does nothing, whatever has happened since."""
    known = known_order(order)
    if known is not None and known.settled_at is not None:
        return selectors.account(account_id=order.account_id)
    asked = Asked(
        change=order.change,
        party=Party.BANK,
        actor_id=order.actor_id,
        direction=order.direction,
        reason=order.reason,
        order_id=order.order_id,
        only_adds=True,
    )
    return change_as_asked(account_id=order.account_id, asked=asked, asked_at=ordered_at)
