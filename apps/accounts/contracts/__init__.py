"""What accounts publishes: who holds which account, and how to find one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.accounts.contracts.cards import (
    AccountCardChanged,
    AccountCardIssued,
    CardIsCancelled,
    CardIsExpired,
    CardIsLocked,
    CardNotFound,
    CardPaymentNotFound,
    CardPaymentNotOpen,
    CardPaymentReused,
    CardPaymentState,
    CardPaymentView,
    Cards,
    CardsNotOffered,
    CardState,
    CardVaultUnavailable,
    MalformedCardPayment,
    TooManyCards,
)
from apps.accounts.contracts.limits import (
    AccountLimitChanged,
    LimitCurrencyDiffers,
    LimitExists,
    LimitNotFound,
)
from apps.accounts.contracts.linking import (
    AccountLinked,
    AccountUnlinked,
    ConsentExpiring,
    ConsentStatus,
    LinkReauthRequired,
    LinkStatus,
    LinkSyncCompleted,
)
from apps.accounts.contracts.members import (
    AccountMemberAdded,
    AccountMemberRemoved,
    InvalidMember,
    InvitationOver,
    MemberNotFound,
    Role,
    TooManyMembers,
    WrongInvitationCode,
)
from apps.accounts.contracts.pots import (
    AccountBalanceThresholdCrossed,
    MonitorNotFound,
    PotNotFound,
    PotsStillOpen,
    RoundUpTaken,
    TooManyMonitors,
    TooManyPots,
)
from apps.accounts.contracts.statements import StatementReady
from vortex.contracts import Event, Service, Value, command, event, query
from vortex.errors import Conflict, Invalid, NotFound, Refused
from vortex.money import UnknownCurrency

# Published here, written in the modules beside.
__all__ = [
    "AccountBalanceThresholdCrossed",
    "AccountCardChanged",
    "AccountCardIssued",
    "AccountLimitChanged",
    "AccountLinked",
    "AccountMemberAdded",
    "AccountMemberRemoved",
    "AccountUnlinked",
    "CardIsCancelled",
    "CardIsExpired",
    "CardIsLocked",
    "CardNotFound",
    "CardPaymentNotFound",
    "CardPaymentNotOpen",
    "CardPaymentReused",
    "CardPaymentState",
    "CardPaymentView",
    "CardState",
    "CardVaultUnavailable",
    "Cards",
    "CardsNotOffered",
    "ConsentExpiring",
    "ConsentStatus",
    "InvalidMember",
    "InvitationOver",
    "LimitCurrencyDiffers",
    "LimitExists",
    "LimitNotFound",
    "LinkReauthRequired",
    "LinkStatus",
    "LinkSyncCompleted",
    "MalformedCardPayment",
    "MemberNotFound",
    "MonitorNotFound",
    "PotNotFound",
    "PotsStillOpen",
    "Role",
    "RoundUpTaken",
    "StatementReady",
    "TooManyCards",
    "TooManyMembers",
    "TooManyMonitors",
    "TooManyPots",
    "WrongInvitationCode",
]


class AccountNotFound(NotFound, code="bank_account_not_found", title="Account not found"):
    """There is no such account, or it is not the caller's."""


class AccountTermsDiffer(Conflict, code="account_terms_differ", title="Account id already used"):
    """An account with other terms was opened under this id."""


class TooManyAccounts(Refused, code="too_many_accounts", title="Too many accounts"):
    """The person already holds as many open accounts as anybody may."""


class InvalidNickname(Invalid, code="invalid_nickname", title="Nickname not accepted"):
    """The nickname is too long, or contains control characters."""


class InvalidIban(Invalid, code="invalid_iban", title="Invalid IBAN"):
    """The text is not an IBAN: wrong country, length, characters or check digits."""


class InvalidOverdraft(Invalid, code="invalid_overdraft", title="Overdraft not accepted"):
    """An overdraft is zero or more minor units, within the range of the ledger."""


class Product(StrEnum):
    """What kind of account it is; an external one is kept by another bank and only shown here."""

    CHECKING = "checking"
    SAVINGS = "savings"
    WALLET = "wallet"
    EXTERNAL = "external"


class AccountStatus(StrEnum):
    """Where an account stands in its life."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class AccountView(Value):
    """An account as other contexts may see it; the money is asked of the ledger."""

    account_id: UUID
    owner_id: UUID
    product: Product
    currency: str
    iban: str
    nickname: str
    status: AccountStatus
    opened_at: datetime


class Accounts(Service, context="accounts", version=1):
    """Accounts and their holders."""

    @command(
        key="account_id",
        deadline_ms=5000,
        refuses=(
            AccountTermsDiffer,
            TooManyAccounts,
            InvalidNickname,
            InvalidOverdraft,
            UnknownCurrency,
        ),
    )
    def open_account(
        self,
        *,
        account_id: UUID,
        owner_id: UUID,
        product: Product,
        currency: str,
        nickname: str,
        overdraft_minor: int,
        opened_at: datetime,
    ) -> AccountView:
        """Open an account here and in the ledger. A retry with the id opens nothing."""
        ...

    @query(refuses=(AccountNotFound,))
    def account(self, *, account_id: UUID) -> AccountView:
        """Return an account, whoever holds it."""
        ...

    @query()
    def accounts_of(self, *, owner_id: UUID) -> tuple[AccountView, ...]:
        """Return every account that a person holds, oldest first."""
        ...

    @query(refuses=(AccountNotFound, InvalidIban))
    def resolve(self, *, iban: str) -> AccountView:
        """Return the account that an IBAN names; spaces and case do not matter."""
        ...


@event("account.opened", topic="user.events", key="account_id")
class AccountOpened(Event):
    """An account exists and takes postings."""

    account_id: UUID
    owner_id: UUID
    product: str
    currency: str
    opened_at: datetime


@event("account.updated", topic="user.events", key="account_id")
class AccountUpdated(Event):
    """What the holder may change about an account has changed."""

    account_id: UUID
    owner_id: UUID
    updated_at: datetime


@event("account.frozen", topic="user.events", key="account_id")
class AccountFrozenEvent(Event):
    """An account was frozen, by its holder or by the bank (`frozen_by`: holder or bank)."""

    account_id: UUID
    owner_id: UUID
    frozen_by: str
    frozen_at: datetime
    direction: str = ""  # debit, credit or all
    reason: str = ""  # the holder's own; the bank keeps its reasons to itself


@event("account.unfrozen", topic="user.events", key="account_id")
class AccountUnfrozenEvent(Event):
    """An account takes postings on both sides again."""

    account_id: UUID
    owner_id: UUID
    unfrozen_at: datetime


@event("account.closed", topic="user.events", key="account_id")
class AccountClosedEvent(Event):
    """An account takes no more postings."""

    account_id: UUID
    owner_id: UUID
    closed_at: datetime
    moved_to: UUID | None = None
    moved_minor: int = 0


@event("account.reopened", topic="user.events", key="account_id")
class AccountReopened(Event):
    """A closed account takes postings again."""

    account_id: UUID
    owner_id: UUID
    reopened_at: datetime


@event("account.dormant", topic="user.events", key="account_id")
class AccountDormant(Event):
    """Nobody has used the account for long: it takes money in, and lets none out until woken."""

    account_id: UUID
    owner_id: UUID
    dormant_at: datetime


@event("account.reactivated", topic="user.events", key="account_id")
class AccountReactivated(Event):
    """The holder has woken a dormant account."""

    account_id: UUID
    owner_id: UUID
    reactivated_at: datetime
