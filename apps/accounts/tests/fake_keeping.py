"""The ledger's keeping of accounts, and proofs of presence, as accounts sees them: in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from apps.accounts.tests.fakes import FakeLedger
from apps.auth.contracts import Challenges, SessionNotFound, StepUp, StepUpRequired
from apps.transactions.contracts import (
    AccountFrozen,
    AccountNotEmpty,
    Funds,
    HoldLine,
    HoldState,
    LedgerAccountNotFound,
    LedgerAccounts,
    LimitUsage,
    SpendingLimit,
)
from vortex.clock import now


@dataclass
class FakeKeeping(LedgerAccounts):
    """Limits, mandates and holds beside the accounts of a fake ledger."""

    ledger: FakeLedger
    kept_limits: dict[tuple[UUID, UUID | None], tuple[SpendingLimit, ...]] = field(
        default_factory=dict
    )
    mandates: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)
    set_aside: list[tuple[UUID, HoldLine]] = field(default_factory=list)
    used: dict[UUID, int] = field(default_factory=dict)
    moved: dict[UUID, int] = field(default_factory=dict)

    def funds(self, *, account_ids: tuple[UUID, ...]) -> tuple[Funds, ...]:
        self.ledger.calls.append("funds")
        return tuple(
            Funds(
                account_id=account_id,
                currency=kept.currency,
                booked_minor=kept.booked_minor,
                held_minor=sum(h.amount_minor for a, h in self.set_aside if a == account_id),
                overdraft_minor=kept.overdraft_minor,
                pending_in_minor=sum(
                    h.amount_minor for _, h in self.set_aside if h.target_account_id == account_id
                ),
                version=0,
                as_of=now(),
            )
            for account_id in account_ids
            if (kept := self.ledger.kept.get(account_id)) is not None
        )

    def holds(
        self,
        *,
        account_id: UUID,
        state: HoldState | None = None,
        before_at: datetime | None = None,
        before_id: UUID | None = None,
        limit: int = 50,
    ) -> tuple[HoldLine, ...]:
        found = [h for a, h in self.set_aside if a == account_id and state in {None, h.state}]
        found.sort(key=lambda hold: (hold.placed_at, hold.hold_id), reverse=True)
        if before_at is not None and before_id is not None:
            found = [h for h in found if (h.placed_at, h.hold_id) < (before_at, before_id)]
        return tuple(found[:limit])

    def set_limits(
        self, *, account_id: UUID, spender_id: UUID | None, limits: tuple[SpendingLimit, ...]
    ) -> tuple[LimitUsage, ...]:
        self.ledger._begin("set_limits")
        self.kept_limits[(account_id, spender_id)] = limits
        self.ledger.after("set_limits")
        return self.limits(account_id=account_id)

    def limits(self, *, account_id: UUID) -> tuple[LimitUsage, ...]:
        if account_id not in self.ledger.kept:
            raise LedgerAccountNotFound
        return tuple(
            LimitUsage(spender_id=spender, limit=one, used_minor=self.used.get(account_id, 0))
            for (known, spender), limits in self.kept_limits.items()
            if known == account_id
            for one in limits
        )

    def grant(self, *, account_id: UUID, user_id: UUID, may_pay: bool) -> None:
        self.ledger._begin("grant")
        self.mandates[(account_id, user_id)] = may_pay
        self.ledger.after("grant")

    def revoke(self, *, account_id: UUID, user_id: UUID) -> None:
        self.ledger._begin("revoke")
        self.mandates.pop((account_id, user_id), None)
        self.ledger.after("revoke")

    def reopen_account(self, *, account_id: UUID) -> None:
        self.ledger._begin("reopen_account")
        kept = self.ledger._kept(account_id)
        self.ledger.kept[account_id] = replace(
            kept, closed=False, debits_frozen=False, credits_frozen=False
        )
        self.ledger.after("reopen_account")

    def close_into(
        self,
        *,
        posting_id: UUID,
        account_id: UUID,
        target_account_id: UUID,
        description: str,
        actor_id: UUID | None,
        closed_at: datetime,
    ) -> int:
        self.ledger._begin("close_into")
        kept = self.ledger._kept(account_id)
        self.ledger._kept(target_account_id)
        if kept.closed:
            return self.moved.get(posting_id, 0)
        if kept.debits_frozen:
            raise AccountFrozen
        if any(known == account_id for known, _ in self.set_aside):
            raise AccountNotEmpty
        if kept.booked_minor:
            self.ledger.credit(target_account_id, kept.booked_minor)
        self.ledger.kept[account_id] = replace(kept, booked_minor=0, closed=True)
        self.moved[posting_id] = kept.booked_minor
        self.ledger.after("close_into")
        return kept.booked_minor


@dataclass
class FakeChallenges(Challenges):
    """Says of every session whether its owner has been there lately."""

    is_fresh: bool = True
    has_session: bool = True

    def require_step_up(
        self, *, user_id: UUID, session_id: UUID, max_age_seconds: int, acr: str
    ) -> StepUp:
        if not self.has_session:
            raise SessionNotFound
        if not self.is_fresh:
            raise StepUpRequired(max_age=max_age_seconds, acr=acr, methods=["password"])
        return StepUp(acr=acr, amr=("pwd",), authenticated_at=now())
