"""The ledger as other contexts call it; nobody imports this package."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.contracts import (
    Balance,
    ChainReport,
    Channel,
    DayBalance,
    EntryLine,
    ExchangeRates,
    FoundPosting,
    FoundSum,
    Funds,
    Held,
    History,
    HistoryAdded,
    HistoryLine,
    Hold,
    HoldLine,
    HoldState,
    Ledger,
    LedgerAccountKind,
    LedgerAccounts,
    LimitUsage,
    MalformedHold,
    MalformedPosting,
    Outcome,
    Period,
    Posted,
    Posting,
    RangeTooWide,
    SpendingLimit,
)
from apps.transactions.models import Account
from apps.transactions.models import Hold as HoldRow
from apps.transactions.selectors.search import GROUPS, Search
from apps.transactions.services import (
    accounts,
    annotating,
    chaining,
    exchanging,
    external,
    holding,
    keeping,
    reversing,
)
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


@serves(LedgerAccounts)
class LedgerAccountsInterface:
    """Serves `LedgerAccounts`."""

    def funds(self, *, account_ids: tuple[UUID, ...]) -> tuple[Funds, ...]:
        """Return all the money of those accounts that exist."""
        expected = selectors.expected_in(account_ids=account_ids)
        return tuple(
            Funds(
                account_id=row.id,
                currency=row.currency,
                booked_minor=row.booked_minor,
                held_minor=row.held_minor,
                overdraft_minor=row.overdraft_minor,
                pending_in_minor=expected.get(row.id, 0),
                version=row.version,
                as_of=now(),
            )
            for row in selectors.accounts(account_ids=account_ids)
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
        """Return holds on an account, newest first."""
        selectors.account(account_id=account_id)
        after = None if before_at is None or before_id is None else (before_at, before_id)
        rows = selectors.holds_of_account(
            account_id=account_id,
            state=None if state is None else state.value,
            after=after,
            limit=min(max(limit, 1), 1_000),
        )
        return tuple(map(_hold_line, rows))

    def set_limits(
        self, *, account_id: UUID, spender_id: UUID | None, limits: tuple[SpendingLimit, ...]
    ) -> tuple[LimitUsage, ...]:
        """Replace the limits that bind a spender, or everybody."""
        keeping.set_limits(account_id=account_id, spender_id=spender_id, limits=limits)
        return self.limits(account_id=account_id)

    def limits(self, *, account_id: UUID) -> tuple[LimitUsage, ...]:
        """Return every limit with what is used of it."""
        selectors.account(account_id=account_id)
        return tuple(
            LimitUsage(
                spender_id=row.spender_id,
                limit=SpendingLimit(
                    period=Period(row.period),
                    channel=Channel(row.channel),
                    amount_minor=row.amount_minor,
                    next_minor=row.next_minor,
                    next_at=row.next_at,
                ),
                used_minor=used,
            )
            for row, used in selectors.limits_used(account_id=account_id, at=now())
        )

    def grant(self, *, account_id: UUID, user_id: UUID, may_pay: bool) -> None:
        """Let somebody besides the owner see, or pay."""
        keeping.grant(account_id=account_id, user_id=user_id, may_pay=may_pay)

    def revoke(self, *, account_id: UUID, user_id: UUID) -> None:
        """Let somebody see and pay no more."""
        keeping.revoke(account_id=account_id, user_id=user_id)

    def reopen_account(self, *, account_id: UUID) -> None:
        """Let a closed account take postings again."""
        keeping.reopen(account_id=account_id)

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
        """Move everything to another account and close."""
        return keeping.close_into(
            posting_id=posting_id,
            account_id=account_id,
            target_account_id=target_account_id,
            description=description,
            actor_id=actor_id,
            closed_at=closed_at,
        )


def _hold_line(hold: HoldRow) -> HoldLine:
    return HoldLine(
        hold_id=hold.id,
        amount_minor=hold.amount_minor,
        currency=hold.currency,
        state=HoldState(hold.state),
        reason=hold.reason,
        description=hold.description,
        placed_at=hold.placed_at,
        expires_at=hold.expires_at,
        target_account_id=hold.target_account_id,
    )


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

    def set_category(
        self, *, posting_id: UUID, owner_id: UUID, category: str, source: str, confidence: int
    ) -> bool:
        """File a posting as a model or a rule would."""
        return annotating.suggest_category(
            posting_id=posting_id,
            owner_id=owner_id,
            category=category,
            source=source,
            confidence=confidence,
            at=now(),
        )

    def find_by_reference(self, *, owner_id: UUID, reference: str) -> tuple[FoundPosting, ...]:
        """Return postings with exactly this reference."""
        rows = selectors.lines_by_reference(owner_id=owner_id, reference=reference, limit=100)
        return tuple(map(_found, rows))

    def sum_by(
        self, *, owner_id: UUID, by: str, since: datetime, until: datetime
    ) -> tuple[FoundSum, ...]:
        """Sum a customer's entries."""
        if by not in GROUPS or until < since:
            raise RangeTooWide(by=by)
        found = selectors.sums(
            owner_id=owner_id, search=Search(booked_from=since, booked_before=until), by=by
        )
        return tuple(FoundSum(**asdict(one)) for one in found)

    def history_for_model(
        self, *, owner_id: UUID, since: datetime, after: UUID | None = None, limit: int = 500
    ) -> tuple[FoundPosting, ...]:
        """Return a customer's entries since a moment."""
        rows = selectors.lines_since(
            owner_id=owner_id, since=since, after=after, limit=min(max(limit, 1), 5_000)
        )
        return tuple(map(_found, rows))

    def verify_chain(self, *, first: int, last: int) -> ChainReport:
        """Compute a part of the chain anew."""
        if not 0 < first <= last < first + 10_000:
            raise RangeTooWide(first=first, last=last)
        breaks = [f"{one.seq}: {one.what}" for one in chaining.verify(first=first, last=last)]
        head = bytes(selectors.chain_head().hash).hex()
        return ChainReport(first=first, last=last, head=head, breaks=tuple(breaks))


@serves(ExchangeRates)
class ExchangeRatesInterface:
    """Serves `ExchangeRates`."""

    def set_rate(
        self,
        *,
        rate_id: UUID,
        base: str,
        quote: str,
        rate_ppb: int,
        spread_ppm: int,
        by: UUID,
        at: datetime,
    ) -> datetime:
        """Let a rate hold from a moment on."""
        rate = Decimal(rate_ppb).scaleb(-9)
        return exchanging.set_rate(
            rate_id=rate_id, base=base, quote=quote, rate=rate, spread_ppm=spread_ppm, by=by, at=at
        ).valid_from


def _found(row: tuple[Any, ...]) -> FoundPosting:
    """Return a line; its columns stand in the order of the fields."""
    return FoundPosting(**dict(zip(FoundPosting.__struct_fields__, row, strict=True)))
