"""What accounts publishes: who holds which account, and how to find one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.accounts.contracts.absence import AccountNotFound
from apps.accounts.contracts.aliases import (
    AccountAliasChanged,
    AliasNotFound,
    AliasReserved,
    AliasTaken,
    InvalidAlias,
    TooManyAliases,
)
from apps.accounts.contracts.arranging import (
    ArrangedLimit,
    ArrangedMonitor,
    ArrangedPot,
    Arrangement,
    ArrangementRefused,
    Arranging,
)
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
from apps.accounts.contracts.freezing import (
    AccountIsClosed,
    ChangeUnderWay,
    FreezeDirection,
    FreezeIdReused,
    FreezeReason,
    FreezeView,
    Freezing,
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
from apps.accounts.contracts.spending import Spending
from apps.accounts.contracts.statements import StatementReady
from vortex.contracts import Event, Service, Value, command, event, query
from vortex.errors import Conflict, Invalid, Refused
from vortex.money import UnknownCurrency

# Published here, written in the modules beside.
__all__ = [
    "AccountAliasChanged",
    "AccountBalanceThresholdCrossed",
    "AccountCardChanged",
    "AccountCardIssued",
    "AccountIsClosed",
    "AccountLimitChanged",
    "AccountLinked",
    "AccountMemberAdded",
    "AccountMemberRemoved",
    "AccountNotFound",
    "AccountUnlinked",
    "AliasNotFound",
    "AliasReserved",
    "AliasTaken",
    "ArrangedLimit",
    "ArrangedMonitor",
    "ArrangedPot",
    "Arrangement",
    "ArrangementRefused",
    "Arranging",
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
    "ChangeUnderWay",
    "ConsentExpiring",
    "ConsentStatus",
    "FreezeDirection",
    "FreezeIdReused",
    "FreezeReason",
    "FreezeView",
    "Freezing",
    "InvalidAlias",
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
    "Spending",
    "StatementReady",
    "TooManyAliases",
    "TooManyCards",
    "TooManyMembers",
    "TooManyMonitors",
    "TooManyPots",
    "WrongInvitationCode",
]


class AccountTermsDiffer(Conflict, code="account_terms_differ", title="Account id already used"):
    """An account with other terms was opened under this id."""


class TooManyAccounts(Refused, code="too_many_accounts", title="Too many accounts"):
    """The person already holds as many open accounts as anybody may."""


class InvalidNickname(Invalid, code="invalid_nickname", title="Nickname not accepted"):
    """The nickname is too long, or contains control characters."""


class InvalidIban(Invalid, code="invalid_iban", title="Invalid IBAN"):
    """The text is not an IBAN: wrong country, length, characters or check digits."""


class InvalidMinimum(Invalid, code="invalid_minimum_balance", title="Minimum not accepted"):
    """A minimum balance is zero or more, within the ledger's range, and goes with no overdraft."""


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
    minimum_minor: int = 0
    is_primary: bool = False


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
            InvalidMinimum,
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
        minimum_minor: int = 0,
    ) -> AccountView:
        """Open an account here and in the ledger. A retry with the id opens nothing.

        A debit has to leave `minimum_minor` on it; the ledger sees to that.
        """
        ...

    @query(refuses=(AccountNotFound,))
    def account(self, *, account_id: UUID) -> AccountView:
        """Return an account, whoever holds it."""
        ...

    @query(refuses=(AccountNotFound,))
    def get_account(self, *, account_id: UUID, actor_id: UUID) -> AccountView:
        """Return an account of somebody's own or one they share; any other does not exist."""
        ...

    @query(refuses=(AccountNotFound,))
    def owners(self, *, account_id: UUID) -> tuple[UUID, ...]:
        """Return who holds an account: its owner first, then the joint holders."""
        ...

    @query(refuses=(AccountNotFound,))
    def primary_of(self, *, owner_id: UUID) -> AccountView:
        """Return the account that a person is paid to where nobody says which."""
        ...

    @query(refuses=(InvalidIban,))
    def mask(self, *, iban: str) -> str:
        """Return an IBAN by which its holder recognises it and nobody else can pay."""
        ...

    @query(refuses=(AccountNotFound,))
    def resolve_alias(self, *, alias: str) -> AccountView:
        """Return the account that an alias names, with or without the sign @ in front."""
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
