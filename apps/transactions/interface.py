"""The ledger as other contexts call it; nobody imports this module."""

from datetime import date, datetime
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    Balance,
    DayBalance,
    EntryLine,
    Held,
    History,
    HistoryAdded,
    HistoryLine,
    Hold,
    HoldState,
    Ledger,
    LedgerAccountKind,
    MalformedHold,
    MalformedPosting,
    Outcome,
    Posted,
    Posting,
)
from apps.transactions.models import Account
from apps.transactions.models import Hold as HoldRow
from apps.transactions.services import accounts, external, holding, reversing
from apps.transactions.services import posting as posting_service
from vortex.clock import now, today
from vortex.contracts import serves


@serves(Ledger)
class LedgerInterface:
    """Serves `Ledger`: each operation is one service or one selector."""

    def open_account(
        self,
        *,
        account_id: UUID,
        owner_id: UUID | None,
        currency: str,
        kind: LedgerAccountKind,
        name: str,
        overdraft_minor: int,
        opened_at: datetime,
    ) -> Balance:
        """Start keeping an account."""
        return _balance(
            accounts.open_account(
                account_id=account_id,
                owner_id=owner_id,
                currency=currency,
                kind=kind,
                name=name,
                overdraft_minor=overdraft_minor,
                opened_at=opened_at,
            )
        )

    def close_account(self, *, account_id: UUID, closed_at: datetime) -> Balance:
        """Stop taking postings for good."""
        return _balance(accounts.close_account(account_id=account_id, closed_at=closed_at))

    def restrict_account(
        self, *, account_id: UUID, debits_frozen: bool, credits_frozen: bool
    ) -> Balance:
        """Freeze or thaw each side."""
        return _balance(
            accounts.restrict_account(
                account_id=account_id, debits_frozen=debits_frozen, credits_frozen=credits_frozen
            )
        )

    def post(self, *, posting_id: UUID, posting: Posting) -> Posted:
        """Make one posting, or refuse it whole."""
        if posting_id != posting.posting_id:
            raise MalformedPosting("the posting carries another id than the command")
        return posting_service.post(posting)

    def post_many(self, *, batch_id: UUID, postings: tuple[Posting, ...]) -> tuple[Outcome, ...]:
        """Make postings in order, each by itself; the batch id only names the delivery."""
        del batch_id
        return posting_service.post_many(postings)

    def reverse(
        self,
        *,
        posting_id: UUID,
        original_id: UUID,
        reason: str,
        actor_id: UUID | None,
        amount_minor: int | None = None,
    ) -> Posted:
        """Undo a posting, or a part of it, by its mirror image."""
        return reversing.reverse(
            posting_id=posting_id,
            original_id=original_id,
            reason=reason,
            actor_id=actor_id,
            amount_minor=amount_minor,
        )

    def hold(self, *, hold_id: UUID, hold: Hold) -> Held:
        """Set money aside."""
        if hold_id != hold.hold_id:
            raise MalformedHold("the hold carries another id than the command")
        return _held(holding.place(hold=hold, placed_at=now()))

    def settle(self, *, posting_id: UUID, hold_id: UUID, posting: Posting) -> Posted:
        """Make a posting out of held money."""
        if posting_id != posting.posting_id:
            raise MalformedPosting("the posting carries another id than the command")
        return holding.settle(hold_id=hold_id, posting=posting, settled_at=now())

    def release(self, *, hold_id: UUID, reason: str = "") -> Held:
        """Set held money free."""
        return _held(holding.release(hold_id=hold_id, reason=reason, released_at=now()))

    def held(self, *, hold_id: UUID) -> Held:
        """Return a hold."""
        return _held(selectors.hold(hold_id=hold_id))

    def balance(self, *, account_id: UUID) -> Balance:
        """Return the balance of an account now."""
        return _balance(selectors.account(account_id=account_id))

    def balances(self, *, account_ids: tuple[UUID, ...]) -> tuple[Balance, ...]:
        """Return the balances of those accounts that exist."""
        return tuple(map(_balance, selectors.accounts(account_ids=account_ids)))

    def balance_at(self, *, account_id: UUID, at: datetime) -> int:
        """Return what was booked at a past moment."""
        return selectors.balance_at(account_id=account_id, at=at, now=now())

    def balance_history(
        self, *, account_id: UUID, since: date, until: date
    ) -> tuple[DayBalance, ...]:
        """Return the balance at the end of each day."""
        return selectors.balance_history(account_id=account_id, since=since, until=until)

    def entries(
        self, *, account_id: UUID, after_version: int = 0, limit: int = 500
    ) -> tuple[EntryLine, ...]:
        """Return entries of an account, oldest first."""
        rows = selectors.entries_of_account(
            account_id=account_id, after_version=after_version, limit=min(max(limit, 1), 10_000)
        )
        return tuple(EntryLine(**row) for row in rows)


def _balance(account: Account) -> Balance:
    return Balance(
        account_id=account.id,
        currency=account.currency,
        booked_minor=account.booked_minor,
        held_minor=account.held_minor,
        overdraft_minor=account.overdraft_minor,
        version=account.version,
        as_of=now(),
    )


def _held(hold: HoldRow) -> Held:
    return Held(
        hold_id=hold.id,
        account_id=hold.account_id,
        amount_minor=hold.amount_minor,
        settled_minor=hold.settled_minor,
        currency=hold.currency,
        state=HoldState(hold.state),
        placed_at=hold.placed_at,
        expires_at=hold.expires_at,
        posting_id=hold.posting_id,
    )


@serves(History)
class HistoryInterface:
    """Serves `History`."""

    def add_history(
        self, *, batch_id: UUID, account_id: UUID, lines: tuple[HistoryLine, ...]
    ) -> HistoryAdded:
        """Add what another bank says; the batch id only names the delivery."""
        del batch_id
        return external.add_history(account_id=account_id, lines=lines, today=today())
