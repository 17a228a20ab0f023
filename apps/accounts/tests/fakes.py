"""Other contexts as accounts sees them: fakes that keep the contract and can be told to fail."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from apps.auth.contracts import UserNotFound, Users, UserView
from apps.transactions.contracts import AccountClosed as LedgerAccountClosed
from apps.transactions.contracts import (
    AccountIdReused,
    AccountNotEmpty,
    Balance,
    DayBalance,
    EntryLine,
    Held,
    Hold,
    HoldState,
    InsufficientFunds,
    Ledger,
    LedgerAccountKind,
    LedgerAccountNotFound,
    MomentInFuture,
    Posted,
    Posting,
    RangeTooWide,
)
from vortex.clock import now
from vortex.ids import new_id


@dataclass(frozen=True)
class Kept:
    """One account as the fake ledger keeps it."""

    account_id: UUID
    owner_id: UUID | None
    currency: str
    overdraft_minor: int
    booked_minor: int = 0
    debits_frozen: bool = False
    credits_frozen: bool = False
    closed: bool = False


@dataclass
class FakeLedger(Ledger):
    """A ledger in memory. `before` and `after` run around a command, to fail or to interfere."""

    kept: dict[UUID, Kept] = field(default_factory=dict)
    booked: dict[UUID, list[EntryLine]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    postings: dict[UUID, Posting] = field(default_factory=dict)
    set_aside: dict[UUID, Hold] = field(default_factory=dict)
    released: set[UUID] = field(default_factory=set)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None

    def credit(self, account_id: UUID, minor: int) -> None:
        """Book money, refused on a closed account like every posting."""
        kept = self._kept(account_id)
        if kept.closed:
            raise LedgerAccountClosed
        self.kept[account_id] = replace(kept, booked_minor=kept.booked_minor + minor)

    def book(self, account_id: UUID, minor: int, at: datetime, description: str = "") -> None:
        """Book an entry that statements and histories will show."""
        self.credit(account_id, minor)
        kept, lines = self.kept[account_id], self.booked.setdefault(account_id, [])
        lines.append(
            EntryLine(
                posting_id=new_id(),
                account_id=account_id,
                amount_minor=minor,
                currency=kept.currency,
                balance_after_minor=kept.booked_minor,
                version=len(lines) + 1,
                booked_at=at,
                effective_date=at.date(),
                description=description,
            )
        )

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
        self._begin("open_account")
        asked = Kept(account_id, owner_id, currency, overdraft_minor)
        known = self.kept.setdefault(account_id, asked)
        if (known.owner_id, known.currency, known.overdraft_minor) != (
            owner_id,
            currency,
            overdraft_minor,
        ):
            raise AccountIdReused
        return self._end("open_account", account_id)

    def close_account(self, *, account_id: UUID, closed_at: datetime) -> Balance:
        self._begin("close_account")
        kept = self._kept(account_id)
        if kept.booked_minor:
            raise AccountNotEmpty
        self.kept[account_id] = replace(kept, closed=True)
        return self._end("close_account", account_id)

    def restrict_account(
        self, *, account_id: UUID, debits_frozen: bool, credits_frozen: bool
    ) -> Balance:
        self._begin("restrict_account")
        kept = self._kept(account_id)
        if kept.closed:
            raise LedgerAccountClosed
        self.kept[account_id] = replace(
            kept, debits_frozen=debits_frozen, credits_frozen=credits_frozen
        )
        return self._end("restrict_account", account_id)

    def post(self, *, posting_id: UUID, posting: Posting) -> Posted:
        self._begin("post")
        replayed = posting_id in self.postings
        if not replayed:
            if any(
                leg.amount_minor < 0
                and self._kept(leg.account_id).booked_minor + leg.amount_minor < 0
                for leg in posting.legs
            ):
                raise InsufficientFunds
            for leg in posting.legs:
                self.credit(leg.account_id, leg.amount_minor)
            self.postings[posting_id] = posting
        self.after("post")
        return Posted(posting_id=posting_id, booked_at=now(), replayed=replayed)

    def hold(self, *, hold_id: UUID, hold: Hold) -> Held:
        self._begin("hold")
        if hold_id not in self.set_aside:
            if self._kept(hold.account_id).booked_minor < hold.amount_minor:
                raise InsufficientFunds
            self.set_aside[hold_id] = hold
        self.after("hold")
        return self._held(hold_id)

    def settle(self, *, posting_id: UUID, hold_id: UUID, posting: Posting) -> Posted:
        return self.post(posting_id=posting_id, posting=posting)

    def release(self, *, hold_id: UUID, reason: str = "") -> Held:
        self._begin("release")
        self.released.add(hold_id)
        return self._held(hold_id)

    def balance(self, *, account_id: UUID) -> Balance:
        self.calls.append("balance")
        return self._balance(account_id)

    def balances(self, *, account_ids: tuple[UUID, ...]) -> tuple[Balance, ...]:
        self.calls.append("balances")
        return tuple(self._balance(known) for known in account_ids if known in self.kept)

    def entries(
        self, *, account_id: UUID, after_version: int = 0, limit: int = 500
    ) -> tuple[EntryLine, ...]:
        self._begin("entries")
        lines = self.booked.get(account_id, [])
        return tuple(line for line in lines if line.version > after_version)[:limit]

    def balance_at(self, *, account_id: UUID, at: datetime) -> int:
        self.calls.append("balance_at")
        self._kept(account_id)
        if at > now():
            raise MomentInFuture
        booked = self.booked.get(account_id, [])
        return sum(line.amount_minor for line in booked if line.booked_at <= at)

    def balance_history(
        self, *, account_id: UUID, since: date, until: date
    ) -> tuple[DayBalance, ...]:
        self.calls.append("balance_history")
        count = (until - since).days + 1
        if not 0 < count <= 1_100 or until.year > 9000:
            raise RangeTooWide
        return tuple(
            DayBalance(
                day=since + timedelta(days=place), booked_minor=0, credits_minor=0, debits_minor=0
            )
            for place in range(count)
        )

    def _held(self, hold_id: UUID) -> Held:
        hold = self.set_aside[hold_id]
        return Held(
            hold_id=hold_id,
            account_id=hold.account_id,
            amount_minor=hold.amount_minor,
            settled_minor=0,
            currency=hold.currency,
            state=HoldState.RELEASED if hold_id in self.released else HoldState.PLACED,
            placed_at=now(),
            expires_at=hold.expires_at,
        )

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)

    def _end(self, name: str, account_id: UUID) -> Balance:
        self.after(name)
        return self._balance(account_id)

    def _kept(self, account_id: UUID) -> Kept:
        if account_id not in self.kept:
            raise LedgerAccountNotFound
        return self.kept[account_id]

    def _balance(self, account_id: UUID) -> Balance:
        kept = self._kept(account_id)
        return Balance(
            account_id=account_id,
            currency=kept.currency,
            booked_minor=kept.booked_minor,
            held_minor=0,
            overdraft_minor=kept.overdraft_minor,
            version=0,
            as_of=now(),
        )


@dataclass
class FakeUsers(Users):
    """People by id, as auth knows them."""

    names: dict[UUID, str] = field(default_factory=dict)
    emails: dict[UUID, str] = field(default_factory=dict)

    def user(self, *, user_id: UUID) -> UserView:
        if user_id not in self.names:
            raise UserNotFound
        return UserView(
            user_id=user_id,
            email=self.emails.get(user_id, "somebody@example.com"),
            full_name=self.names[user_id],
            roles=("customer",),
            is_active=True,
            created_at=now(),
        )
