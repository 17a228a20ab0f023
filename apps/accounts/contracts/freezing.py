"""Freezing an account on the bank's behalf, by an order of another part of the bank."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.accounts.contracts.absence import AccountNotFound
from vortex.contracts import Service, Value, command
from vortex.errors import Conflict, Refused


class AccountIsClosed(Refused, code="bank_account_closed", title="Account closed"):
    """A closed account stays as it is; nothing about it changes any more."""


class ChangeUnderWay(Conflict, code="account_change_under_way", title="Change under way"):
    """The account is being frozen, thawed or closed at this moment; ask again in a few seconds."""


class FreezeIdReused(Conflict, code="freeze_id_reused", title="Freeze id already used"):
    """Another freeze was ordered under this id: another account, side, reason or person."""


class FreezeDirection(StrEnum):
    """Which side of an account is frozen: money going out, money coming in, or both."""

    DEBIT = "debit"
    CREDIT = "credit"
    ALL = "all"


class FreezeReason(StrEnum):
    """Why an account is frozen. What the bank froze it for is not shown to the holder."""

    REQUESTED = "requested"
    LOST_ACCESS = "lost_access"
    SUSPECTED_FRAUD = "suspected_fraud"
    LEGAL_ORDER = "legal_order"
    REVIEW = "review"


class FreezeView(Value):
    """An order that was carried out, and what is frozen now.

    That is more than was ordered where more was frozen, and None where it was thawed since.
    """

    freeze_id: UUID
    account_id: UUID
    frozen: FreezeDirection | None


class Freezing(Service, context="accounts", version=1):
    """Stopping an account. To let it go on is for people: over HTTP and in the administration."""

    @command(
        key="freeze_id",
        deadline_ms=5000,
        refuses=(AccountNotFound, AccountIsClosed, ChangeUnderWay, FreezeIdReused),
    )
    def freeze(
        self,
        *,
        freeze_id: UUID,
        account_id: UUID,
        direction: FreezeDirection,
        reason: FreezeReason,
        actor_id: UUID,
        ordered_at: datetime,
    ) -> FreezeView:
        """Freeze a side of an account as the bank; when this returns, the ledger enforces it.

        It only adds: a side that is frozen stays so, whoever froze it. An order sent again does
        nothing, even where the account was thawed since. Who ordered it and why is kept.
        """
        ...
