"""Reads of members, and of accounts by what somebody is to them."""

from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.accounts.contracts import AccountNotFound, AccountStatus, MemberNotFound, Role
from apps.accounts.domain.members import OPEN, State, canonical_email
from apps.accounts.domain.standing import standings_of
from apps.accounts.models import Account, Member
from apps.auth.contracts import UserNotFound, Users
from vortex.binding import bind


def account_seen_by(*, account_id: UUID, user_id: UUID, roles: tuple[Role, ...] = ()) -> Account:
    """Return an account of somebody's own or one they share; any other does not exist.

    With `roles`, only one to which they are one of these. `role` of the answer says which.
    """
    found = _seen(user_id).filter(pk=account_id).first()
    if found is None or (roles and getattr(found, "role", "") not in roles):
        raise AccountNotFound(account_id=str(account_id))
    return found


def accounts_seen_by(
    *, user_id: UUID, status: AccountStatus | None = None, currency: str | None = None
) -> QuerySet[Account]:
    """Return somebody's own accounts, in their order, and then those that they share."""
    found = _seen(user_id)
    if status is not None:
        found = found.filter(standing__in=standings_of(status))
    if currency is not None:
        found = found.filter(currency=currency)
    return found.order_by(F("shared_as").asc(nulls_first=True), "position", "opened_at", "pk")


def _seen(user_id: UUID) -> QuerySet[Account]:
    mine = Member.objects.filter(
        account_id=OuterRef("pk"), user_id=user_id, state=State.ACTIVE.value
    )
    shared_as = Subquery(mine.values("role")[:1], output_field=CharField())
    return Account.objects.filter(Q(owner_id=user_id) | Exists(mine)).annotate(
        shared_as=shared_as, role=Coalesce(shared_as, Value(Role.OWNER.value))
    )


def members(*, account_id: UUID) -> QuerySet[Member]:
    """Return the members and open invitations of an account, oldest first."""
    found = Member.objects.filter(account_id=account_id, state__in=[state.value for state in OPEN])
    return found.order_by("invited_at", "pk")


def member_ids(*, account_id: UUID) -> list[UUID]:
    """Return who shares an account with its owner now, delegates too."""
    active = members(account_id=account_id).filter(state=State.ACTIVE.value)
    return [user_id for user_id in active.values_list("user_id", flat=True) if user_id]


def member_of_account(*, account_id: UUID, member_id: UUID) -> Member:
    """Return a member or an open invitation of an account."""
    found = members(account_id=account_id).filter(pk=member_id).first()
    if found is None:
        raise MemberNotFound(member_id=str(member_id))
    return found


def membership_of(*, account_id: UUID, user_id: UUID, member_id: UUID) -> Member:
    """Return somebody's own membership of an account; nobody else's exists."""
    found = members(account_id=account_id).filter(pk=member_id, user_id=user_id).first()
    if found is None:
        raise MemberNotFound(member_id=str(member_id))
    return found


def email_of(*, user_id: UUID) -> str:
    """Return the address by which somebody is invited; empty where auth does not know them."""
    try:
        return canonical_email(bind(Users).user(user_id=user_id).email)
    except UserNotFound:
        return ""


def invitations_to(*, email: str) -> list[tuple[Member, Account]]:
    """Return the open invitations to an address with the accounts that they are about."""
    found = list(
        Member.objects.filter(email=email, state=State.INVITED.value).order_by("invited_at")
    )
    accounts = Account.objects.in_bulk([member.account_id for member in found])
    return [(member, accounts[member.account_id]) for member in found]


def invitation_to(*, member_id: UUID, email: str) -> Member:
    """Return an invitation to an address, or what became of it; nobody else's exists."""
    found = Member.objects.filter(pk=member_id, email=email).first() if email else None
    if found is None:
        raise MemberNotFound(member_id=str(member_id))
    return found


def holders(*, account_id: UUID) -> tuple[UUID, ...]:
    """Return who holds an account: its owner first, then the joint holders."""
    owner_id = Account.objects.values_list("owner_id", flat=True).filter(pk=account_id).first()
    if owner_id is None:
        raise AccountNotFound(account_id=str(account_id))
    joint = members(account_id=account_id).filter(role=Role.JOINT.value, state=State.ACTIVE.value)
    return (owner_id, *(user_id for user_id in joint.values_list("user_id", flat=True) if user_id))
