"""What accounts publishes about accounts at other banks: consents, links, what becomes of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Event, event


class ConsentStatus(StrEnum):
    """Where a customer's agreement that we may read their accounts at another bank stands."""

    AWAITING_AUTHORISATION = "awaiting_authorisation"
    AUTHORISED = "authorised"
    REJECTED = "rejected"
    REVOKED = "revoked"
    EXPIRED = "expired"


class LinkStatus(StrEnum):
    """Where a link between an account here and one at another bank stands."""

    LINKED = "linked"
    REAUTH_REQUIRED = "reauth_required"
    FAILED = "failed"
    UNLINKED = "unlinked"


@event("account.linked", topic="user.events", key="account_id")
class AccountLinked(Event):
    """An account shows what another bank says from now on."""

    account_id: UUID
    owner_id: UUID
    link_id: UUID
    bank: str
    linked_at: datetime


@event("account.unlinked", topic="user.events", key="account_id")
class AccountUnlinked(Event):
    """An account hears nothing more from another bank; its history stays."""

    account_id: UUID
    owner_id: UUID
    link_id: UUID
    bank: str
    unlinked_at: datetime


@event("account.link_sync_completed", topic="user.events", key="account_id")
class LinkSyncCompleted(Event):
    """New movements of an account at another bank were brought in; there was at least one."""

    account_id: UUID
    owner_id: UUID
    link_id: UUID
    posted: int
    synced_at: datetime


@event("account.link_reauth_required", topic="user.events", key="account_id")
class LinkReauthRequired(Event):
    """The other bank asks its customer to agree again; `reason` is consent_expired or refused."""

    account_id: UUID
    owner_id: UUID
    link_id: UUID
    bank: str
    reason: str
    required_at: datetime


@event("account.consent_expiring", topic="user.events", key="consent_id")
class ConsentExpiring(Event):
    """An agreement with another bank ends within a week; said once."""

    consent_id: UUID
    owner_id: UUID
    bank: str
    expires_at: datetime
