"""Which spending a limit is about, and when it is too much; no accounts, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.transactions.contracts import Channel, Period, Posting, PostingKind
from vortex.errors import Fact

# How money leaves by each kind of posting. Fees, interest and reversals are the bank's own, and a
# pot is still the holder's (None): only what an account has to keep stands against it.
KINDS: Final[dict[PostingKind, Channel | None]] = {
    PostingKind.TRANSFER: Channel.TRANSFER,
    PostingKind.EXCHANGE: Channel.TRANSFER,
    PostingKind.CARD: Channel.CARD,
    PostingKind.WITHDRAWAL: Channel.CASH,
    PostingKind.POT: None,
}

_PERIODS: Final = {
    Period.TRANSACTION: "a single payment",
    Period.DAY: "today",
    Period.MONTH: "this month",
    Period.BALANCE: "beyond what the account keeps",
}


@dataclass(frozen=True, slots=True)
class Spending:
    """So much leaves an account, at somebody's word. No channel: into a pot of the holder's own."""

    account_id: UUID
    spender_id: UUID | None
    channel: Channel | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Excess:
    """The limit that stands against a spending, and what it leaves."""

    account_id: UUID
    period: Period
    channel: Channel
    left_minor: int

    @property
    def detail(self) -> str:
        """What a person reads."""
        return f"the limit leaves less for {_PERIODS[self.period]}"

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What a machine reads."""
        return {
            "period": self.period.value,
            "channel": self.channel.value,
            "left_minor": self.left_minor,
        }


@dataclass(slots=True)
class Rule:
    """A limit in force and what is used of it."""

    account_id: UUID
    spender_id: UUID | None
    period: Period
    channel: Channel
    amount_minor: int
    used_minor: int = 0

    def concerns(self, spent: Spending) -> bool:
        """Say whether the limit is about this spending."""
        if self.spender_id not in {None, spent.spender_id}:
            return False
        if self.period is Period.BALANCE:
            return True
        return spent.channel is not None and self.channel in {Channel.ANY, spent.channel}

    def excess_of(self, spent: Spending, free_minor: int) -> Excess | None:
        """Return how the limit stands against a spending of an account with so much on it."""
        if not self.concerns(spent):
            return None
        if self.period is Period.BALANCE:
            left = free_minor - self.amount_minor
        else:
            left = self.amount_minor - self.used_minor
        if spent.amount_minor <= left:
            return None
        return Excess(spent.account_id, self.period, self.channel, max(left, 0))

    def take(self, spent: Spending, sign: int = 1) -> None:
        """Count a spending, or (sign -1) one that was not made."""
        if self.period in {Period.DAY, Period.MONTH} and self.concerns(spent):
            self.used_minor += sign * spent.amount_minor

    def used(self, spent: Spending, *, is_today: bool) -> None:
        """Count a spending of the month that stands."""
        if is_today or self.period is Period.MONTH:
            self.take(spent)


def spending_of(posting: Posting) -> list[Spending]:
    """Return what a posting takes from each account that it debits."""
    channel = KINDS[posting.kind]
    return [
        Spending(leg.account_id, posting.actor_id, channel, -leg.amount_minor)
        for leg in posting.legs
        if leg.amount_minor < 0
    ]
