"""Who else judges a transfer, beside the bank's own rules: another context, by its contract.

The contract's interface is named in settings, since the context that judges may not be there. It
has a query `judge(payments: tuple[...]) -> tuple[...]`; each payment has the fields of `Asked`,
each answer those of `Said`, in the order of the payments. It is asked before any transaction.
"""

from collections.abc import Sequence
from typing import Any, Protocol, cast
from uuid import UUID

from django.utils.module_loading import import_string

from apps.transactions.contracts import Decision
from apps.transactions.domain.gate import Payment, Verdict
from vortex.binding import bind
from vortex.contracts import Value


class Asked(Value):
    """A payment as another context is asked about it; the amount is in minor units."""

    payment_id: UUID
    payer_id: UUID
    account_id: UUID
    target_account_id: UUID
    amount_minor: int
    currency: str


class Judge(Protocol):
    """Judges payments in their order. Refuses with Unavailable where it cannot."""

    def judge(self, payments: Sequence[Payment]) -> list[Verdict]:
        """Return a verdict for each payment."""
        ...


class Nobody:
    """Judges nothing: the bank's own rules stand alone."""

    def judge(self, payments: Sequence[Payment]) -> list[Verdict]:
        """Let everything through."""
        return [Verdict() for _ in payments]


class Bound:
    """Asks the context whose interface is named."""

    def __init__(self, interface: str) -> None:
        self._interface = cast("type[Any]", import_string(interface))

    def judge(self, payments: Sequence[Payment]) -> list[Verdict]:
        """Return what the context says."""
        asked = tuple(
            Asked(
                payment_id=payment.payment_id,
                payer_id=payment.payer_id,
                account_id=payment.account_id,
                target_account_id=payment.target_account_id,
                amount_minor=payment.amount.minor,
                currency=payment.amount.currency,
            )
            for payment in payments
        )
        said = bind(self._interface).judge(payments=asked)
        return [Verdict(Decision(one.decision), tuple(one.reasons)) for one in said]


def judge_named(interface: str) -> Judge:
    """Return the judge that an interface's path names; nobody where it is empty."""
    return Bound(interface) if interface else Nobody()
