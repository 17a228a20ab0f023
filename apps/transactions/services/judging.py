"""The gate in front of the ledger: every transfer of a customer to somebody else passes it.

It is asked before the transaction, never inside: it may call another context. So two transfers at
the same instant are judged by what stood before both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.adapters.judges import judge_named
from apps.transactions.conf import gate_policy, payment_judge
from apps.transactions.contracts import (
    Decision,
    Leg,
    ReviewRequired,
    TransactionCheckUnavailable,
    TransactionDenied,
)
from apps.transactions.domain import gate
from apps.transactions.domain.gate import Payment, Verdict
from apps.transactions.services import reviewing
from apps.transactions.services.transferring import Transfer
from vortex.errors import Refusal
from vortex.money import Money
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter

_RETRY_SECONDS: Final = 5

log = get_logger("transactions.judging")
_verdicts = counter("vortex_gate_verdicts_total", "Transfers judged, by decision", ("decision",))
_unreached = counter("vortex_gate_unreachable_total", "Times that the judge could not be reached")


@dataclass(frozen=True)
class Payer:
    """Who asks; `denial_id` is the same in every attempt of one request."""

    user_id: UUID
    denial_id: UUID


def reasons_to_wait(*, transfer: Transfer, payer: Payer, at: datetime) -> tuple[str, ...]:
    """Return why a transfer has to wait for staff, nothing where it may be made at once.

    One that is denied is written down and refused with TransactionDenied.
    """
    (verdict,) = judged(transfers=[transfer], user_id=payer.user_id, at=at)
    _deny([transfer], [verdict], payer, at)
    return verdict.reasons if verdict.decision is Decision.REVIEW else ()


def refuse_if_not_allowed(*, transfers: Sequence[Transfer], payer: Payer, at: datetime) -> None:
    """Refuse what cannot wait and is not let through: all of it stands or falls."""
    verdicts = judged(transfers=transfers, user_id=payer.user_id, at=at)
    _deny(transfers, verdicts, payer, at)
    if any(verdict.decision is Decision.REVIEW for verdict in verdicts):
        raise ReviewRequired


def refuse_legs_if_not_allowed(*, legs: Sequence[Leg], payer: Payer, at: datetime) -> None:
    """Refuse a posting of several legs unless every payee of it may be paid at once."""
    source = next((leg.account_id for leg in legs if leg.amount_minor < 0), None)
    if source is None:
        return
    paid = [leg for leg in legs if leg.amount_minor > 0]
    transfers = [_transfer(payer.denial_id, source, leg) for leg in paid]
    refuse_if_not_allowed(transfers=transfers, payer=payer, at=at)


def judged(
    *,
    transfers: Sequence[Transfer],
    user_id: UUID,
    at: datetime,
    began_at: datetime | None = None,
) -> list[Verdict]:
    """Return a verdict for each transfer; those that nobody has to look at are let through.

    A large set is judged in parts, and is one act since `began_at`.
    """
    policy = gate_policy()
    places = [
        place
        for place, transfer in enumerate(transfers)
        if policy.notices(transfer.amount, transfer.target_account_id)
    ]
    verdicts = [Verdict()] * len(transfers)
    for owner_id, group in _by_payer([transfers[place] for place in places], user_id).items():
        noticed = [places[place] for place in group]
        payments = [_payment(transfers[place], user_id) for place in noticed]
        past = selectors.past_of(
            owner_id=owner_id,
            targets={payment.target_account_id for payment in payments},
            policy=policy,
            at=at,
            began_at=began_at or at,
        )
        own = gate.judge(payments, past, policy)
        for place, verdict in zip(noticed, _with_others(payments, own), strict=True):
            verdicts[place] = verdict
            _verdicts.labels(verdict.decision.value).inc()
    return verdicts


def _by_payer(transfers: Sequence[Transfer], user_id: UUID) -> dict[UUID, list[int]]:
    """Return, for each holder of money, the places of those that pay somebody else.

    The bank itself is nobody else, and what is in nobody's name is for the ledger to refuse.
    """
    ids = {t.source_account_id for t in transfers} | {t.target_account_id for t in transfers}
    owners = selectors.owners_of(account_ids=list(ids)) if ids else {}
    found: dict[UUID, list[int]] = {}
    for place, transfer in enumerate(transfers):
        payer = owners.get(transfer.source_account_id) or user_id
        payee = owners.get(transfer.target_account_id)
        if payee is not None and payee != payer:
            found.setdefault(payer, []).append(place)
    return found


def _with_others(payments: Sequence[Payment], own: Sequence[Verdict]) -> list[Verdict]:
    """Return the stricter of the own verdicts and another context's; see gate_policy."""
    try:
        others = judge_named(payment_judge()).judge(payments)
    except Refusal as refusal:
        _unreached.inc()
        policy = gate_policy()
        log.error("transactions.gate.unreachable", code=refusal.code, payments=len(payments))
        for payment in payments:
            closed_from = policy.level(policy.closed_from, payment.amount.currency)
            if payment.amount.minor >= closed_from:
                raise TransactionCheckUnavailable(retry_after=_RETRY_SECONDS) from refusal
        return list(own)
    return [gate.strictest(pair) for pair in zip(own, others, strict=True)]


def _deny(
    transfers: Sequence[Transfer], verdicts: Sequence[Verdict], payer: Payer, at: datetime
) -> None:
    """Write the first denial down, by itself, and refuse."""
    for transfer, verdict in zip(transfers, verdicts, strict=True):
        if verdict.decision is Decision.DENY:
            reviewing.deny(
                denial_id=payer.denial_id,
                transfer=transfer,
                user_id=payer.user_id,
                reasons=verdict.reasons,
                at=at,
            )
            raise TransactionDenied


def _payment(transfer: Transfer, user_id: UUID) -> Payment:
    return Payment(
        payment_id=transfer.posting_id,
        payer_id=user_id,
        account_id=transfer.source_account_id,
        target_account_id=transfer.target_account_id,
        amount=transfer.amount,
    )


def _transfer(posting_id: UUID, source: UUID, leg: Leg) -> Transfer:
    return Transfer(
        posting_id=posting_id,
        source_account_id=source,
        target_account_id=leg.account_id,
        amount=Money(leg.amount_minor, leg.currency),
        description="",
        counterparty="",
        reference="",
        category="",
        effective_date=None,
    )
