"""What accounts says about people who share an account."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, Invalid, NotFound, Refused


class Role(StrEnum):
    """What somebody is to an account: its owner, a joint holder, or a delegate with rights."""

    OWNER = "owner"
    JOINT = "joint"
    DELEGATE = "delegate"


class MemberNotFound(NotFound, code="member_not_found", title="Member not found"):
    """There is no such member or invitation, or it is not the caller's."""


class InvitationOver(Conflict, code="invitation_over", title="Invitation over"):
    """The invitation has been answered, withdrawn, or has expired."""


class WrongInvitationCode(
    Refused, code="wrong_invitation_code", title="Not the code of this invitation"
):
    """The code is not the one that the owner was given; after ten wrong ones it is over."""


class TooManyMembers(Refused, code="too_many_members", title="Too many members"):
    """An account has at most ten members and open invitations."""


class InvalidMember(Invalid, code="invalid_member", title="Member not accepted"):
    """One's own address, or rights that do not go together."""


@event("account.member_added", topic="user.events", key="account_id")
class AccountMemberAdded(Event):
    """Somebody has accepted to share an account; a joint holder has no daily amount."""

    account_id: UUID
    owner_id: UUID
    member_id: UUID
    user_id: UUID
    role: str
    may_pay: bool
    pay_minor: int | None
    added_at: datetime


@event("account.member_removed", topic="user.events", key="account_id")
class AccountMemberRemoved(Event):
    """Somebody shares an account no more."""

    account_id: UUID
    owner_id: UUID
    member_id: UUID
    user_id: UUID
    removed_by: UUID
    removed_at: datetime
