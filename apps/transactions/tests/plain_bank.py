"""The ledger with its holds and reversals in plain Python: what the state machine compares with."""

from dataclasses import dataclass, field
from uuid import UUID

from apps.transactions.contracts import Leg, Posting
from apps.transactions.domain.reference import PlainLedger

POSTED = "posted"


@dataclass
class PlainHold:
    """Money set aside, and where it stands."""

    account_id: UUID
    amount_minor: int
    state: str = "placed"


@dataclass
class PlainTransfer:
    """A transfer that stands, and how much of it is undone."""

    source: UUID
    target: UUID
    amount_minor: int
    undone_minor: int = 0


@dataclass
class PlainBank:
    """Accounts without overdraft, transfers between them, holds and reversals.

    A held cent lifts the account's floor by a cent, which is all that a hold is to the ledger.
    """

    ledger: PlainLedger = field(default_factory=PlainLedger)
    holds: dict[UUID, PlainHold] = field(default_factory=dict)
    transfers: dict[UUID, PlainTransfer] = field(default_factory=dict)

    def transfer(self, posting_id: UUID, source: UUID, target: UUID, amount: int) -> str:
        """Move money; return "posted" or the code of the refusal."""
        code = self._post(posting_id, source, target, amount)
        if code == POSTED:
            self.transfers[posting_id] = PlainTransfer(source, target, amount)
        return code

    def hold(self, hold_id: UUID, account_id: UUID, amount: int) -> str:
        """Set money aside."""
        account = self.ledger.accounts[account_id]
        if account.closed:
            return "account_closed"
        if account.debits_frozen:
            return "account_frozen"
        if account.balance_minor - (account.floor_minor or 0) < amount:
            return "insufficient_funds"
        account.floor_minor = (account.floor_minor or 0) + amount
        self.holds[hold_id] = PlainHold(account_id, amount)
        return POSTED

    def settle(self, hold_id: UUID, posting_id: UUID, target: UUID, amount: int) -> str:
        """Move held money, at most all of it; the rest is free again."""
        hold = self.holds[hold_id]
        if hold.state != "placed":
            return "hold_not_open"
        if not 0 < amount <= hold.amount_minor:
            return "capture_exceeds_hold"
        self._lift(hold.account_id, -hold.amount_minor)
        code = self.transfer(posting_id, hold.account_id, target, amount)
        if code == POSTED:
            hold.state = "settled"
        else:
            self._lift(hold.account_id, hold.amount_minor)
        return code

    def release(self, hold_id: UUID) -> str:
        """Set held money free; twice is once."""
        hold = self.holds[hold_id]
        if hold.state == "settled":
            return "hold_not_open"
        if hold.state == "placed":
            self._lift(hold.account_id, -hold.amount_minor)
        hold.state = "released"
        return POSTED

    def reverse(self, posting_id: UUID, original_id: UUID, amount: int | None) -> str:
        """Undo a transfer, or a part of what is left of it."""
        original = self.transfers[original_id]
        left = original.amount_minor - original.undone_minor
        if not left:
            return "already_reversed"
        wanted = left if amount is None else amount
        if wanted > left:
            return "reversal_exceeds_original"
        code = self._post(posting_id, original.target, original.source, wanted)
        if code == POSTED:
            original.undone_minor += wanted
        return code

    def held(self, account_id: UUID) -> int:
        """Return what is set aside on an account."""
        return sum(
            hold.amount_minor
            for hold in self.holds.values()
            if hold.account_id == account_id and hold.state == "placed"
        )

    def close(self, account_id: UUID) -> str:
        """Close an account that has neither money nor holds."""
        account = self.ledger.accounts[account_id]
        if account.balance_minor or self.held(account_id):
            return "account_not_empty"
        account.closed = True
        return POSTED

    def _lift(self, account_id: UUID, by: int) -> None:
        account = self.ledger.accounts[account_id]
        account.floor_minor = (account.floor_minor or 0) + by

    def _post(self, posting_id: UUID, source: UUID, target: UUID, amount: int) -> str:
        legs = (
            Leg(account_id=source, amount_minor=-amount, currency="EUR"),
            Leg(account_id=target, amount_minor=amount, currency="EUR"),
        )
        return self.ledger.post(Posting(posting_id=posting_id, legs=legs))
