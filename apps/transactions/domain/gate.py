"""Which transfers are let through, looked at first, or not made: the bank's own rules.

Pure: what is known of the payer's past comes in as a `Past`, what the bank has decided as a
`Policy`. Another context may judge more strictly; of two verdicts the stricter counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from apps.transactions.contracts import Decision
from vortex.money import Money, exponent

# Who at the bank sees what was held back, and who decides about it.
MAY_READ: Final = ("administrator", "compliance_officer", "analyst")
MAY_DECIDE: Final = ("administrator", "compliance_officer")

_SEVERITY: Final = (Decision.ALLOW, Decision.REVIEW, Decision.DENY)

# About how many units of a currency are worth one euro, so that one level serves for all.
_UNITS: Final[dict[str, int]] = {
    "JPY": 160,
    "KES": 140,
    "NGN": 1_700,
    "ZAR": 20,
}


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From when on a transfer to somebody else is looked at. Levels are in whole euros.

    Below `notice_from` nothing is asked at all. A payee is new until `payee_settles_hours` after
    the first payment. Above `closed_from` nothing is made that could not be judged. From
    `four_eyes_from` on two of the staff approve.
    """

    notice_from: int = 250
    new_payee_from: int = 2_000
    new_payees_a_day_from: int = 5_000
    large_from: int = 15_000
    many_an_hour: int = 30
    too_many_an_hour: int = 120
    payee_settles_hours: int = 24
    closed_from: int = 1_000
    four_eyes_from: int = 10_000
    denied_accounts: frozenset[UUID] = frozenset()
    units: dict[str, int] = msgspec.field(default_factory=lambda: dict(_UNITS))

    def level(self, euros: int, currency: str) -> int:
        """Return a level in minor units of a currency."""
        return int(euros * self.units.get(currency, 1) * 10 ** exponent(currency))

    def notices(self, amount: Money, target_account_id: UUID) -> bool:
        """Say whether a transfer is looked at at all."""
        return (
            amount.minor >= self.level(self.notice_from, amount.currency)
            or target_account_id in self.denied_accounts
        )


@dataclass(frozen=True)
class Payment:
    """Money that is to go to somebody else."""

    payment_id: UUID
    payer_id: UUID
    account_id: UUID
    target_account_id: UUID
    amount: Money


@dataclass(frozen=True)
class Verdict:
    """What is to become of a transfer, and why: permanent words for machines and staff."""

    decision: Decision = Decision.ALLOW
    reasons: tuple[str, ...] = ()


@dataclass
class Past:
    """What the payer did lately: payees that have settled, payments, money to new payees."""

    settled_payees: frozenset[UUID] = frozenset()
    payments_last_hour: int = 0
    to_new_payees_minor: dict[str, int] = field(default_factory=dict)


def judge(payments: Sequence[Payment], past: Past, policy: Policy) -> list[Verdict]:
    """Judge payments of one request in their order; it counts as one act, whatever its length.

    What is let through to a new payee counts for those after it.
    """
    sent = dict(past.to_new_payees_minor)
    verdicts = []
    for payment in payments:
        currency = payment.amount.currency
        is_new = payment.target_account_id not in past.settled_payees
        to_new = sent.get(currency, 0) + payment.amount.minor if is_new else 0
        verdict = _judged(payment, past, policy, to_new)
        if is_new and verdict.decision is not Decision.DENY:
            sent[currency] = to_new
        verdicts.append(verdict)
    return verdicts


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strictest decision with the reasons of all that are not milder."""
    known = list(verdicts)
    decision = max((one.decision for one in known), key=_SEVERITY.index, default=Decision.ALLOW)
    reasons = (reason for one in known if one.decision is decision for reason in one.reasons)
    return Verdict(decision, tuple(dict.fromkeys(reasons)))


def _judged(payment: Payment, past: Past, policy: Policy, to_new: int) -> Verdict:
    minor, currency = payment.amount.minor, payment.amount.currency
    said = (
        (
            Decision.DENY,
            "denied_account",
            payment.target_account_id in policy.denied_accounts,
        ),
        (
            Decision.DENY,
            "too_many_payments",
            past.payments_last_hour >= policy.too_many_an_hour,
        ),
        (
            Decision.REVIEW,
            "large_amount",
            minor >= policy.level(policy.large_from, currency),
        ),
        (
            Decision.REVIEW,
            "new_payee",
            to_new > 0 and minor >= policy.level(policy.new_payee_from, currency),
        ),
        (
            Decision.REVIEW,
            "much_to_new_payees",
            to_new >= policy.level(policy.new_payees_a_day_from, currency),
        ),
        (
            Decision.REVIEW,
            "many_payments",
            past.payments_last_hour >= policy.many_an_hour,
        ),
    )
    return strictest(Verdict(decision, (reason,)) for decision, reason, holds in said if holds)
