"""Reads of members, and of accounts by what somebody is to them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.contracts import AccountNotFound, AccountStatus, MemberNotFound, Role
from apps.accounts.domain.members import OPEN, State, canonical_email
from apps.accounts.models import Account, Member
from apps.auth.contracts import UserNotFound, Users
from vortex.binding import bind
from vortex.db import alias_of, arrays
from vortex.db.prepared import fetch

_COLUMNS: Final = [field.attname for field in Account._meta.concrete_fields]
_ACCOUNT: Final = ", ".join(f"a.{column}" for column in _COLUMNS)

# Each asked by one place of the columns `users` and `accounts`.
_SEEN: Final = f"""
select asked.place, mine.role, {_ACCOUNT}
  from unnest(%(users)s, %(accounts)s) with ordinality as asked (user_id, account_id, place)
  join accounts_account a on a.id = asked.account_id
  left join lateral (
    select m.role from accounts_member m
     where m.account_id = a.id and m.user_id = asked.user_id and m.state = 'active' limit 1
  ) mine on true
 where a.owner_id = asked.user_id or mine.role is not null
"""  # noqa: S608 - of columns of ours
_LISTED: Final = f"""
select asked.place, mine.role, {_ACCOUNT}
  from unnest(%(users)s) with ordinality as asked (user_id, place)
  cross join lateral (
    select own.id, null::text as role from accounts_account own where own.owner_id = asked.user_id
    union all
    select m.account_id, min(m.role) from accounts_member m
     where m.user_id = asked.user_id and m.state = 'active' group by m.account_id
  ) mine
  join accounts_account a on a.id = mine.id
 order by asked.place, mine.role nulls first, a.position, a.opened_at, a.id
"""  # noqa: S608 - of columns of ours


def account_seen_by(*, account_id: UUID, user_id: UUID, roles: tuple[Role, ...] = ()) -> Account:
    """Return an account of somebody's own or one they share; any other does not exist.

    With `roles`, only one to which they are one of these. `role` of the answer says which.
    """
    (found,) = seen_by_each([(user_id, account_id)])
    if found is None or (roles and getattr(found, "role", "") not in roles):
        raise AccountNotFound(account_id=str(account_id))
    return found


def seen_by_each(asked: Sequence[tuple[UUID, UUID]]) -> list[Account | None]:
    """Return, for each of these (somebody, account), the account if they may see it."""
    users, accounts = (arrays.uuids(ids) for ids in zip(*asked, strict=True))
    found: list[Account | None] = [None] * len(asked)
    for place, role, *columns in fetch("accounts", _SEEN, {"users": users, "accounts": accounts}):
        found[place - 1] = _as(role, columns)
    return found


def accounts_seen_by(
    *, user_id: UUID, status: AccountStatus | None = None, currency: str | None = None
) -> list[Account]:
    """Return somebody's own accounts, in their order, and then those that they share."""
    (found,) = all_seen_by_each([user_id])
    return [
        account
        for account in found
        if status in {None, account.status} and currency in {None, account.currency}
    ]


def all_seen_by_each(user_ids: Sequence[UUID]) -> list[list[Account]]:
    """Return, for each of these people, what `accounts_seen_by` does."""
    found: list[list[Account]] = [[] for _ in user_ids]
    for place, role, *columns in fetch("accounts", _LISTED, {"users": arrays.uuids(user_ids)}):
        found[place - 1].append(_as(role, columns))
    return found


def _as(role: str | None, columns: Sequence[Any]) -> Account:
    account = Account.from_db(alias_of("accounts"), _COLUMNS, columns)
    account.role = role or Role.OWNER.value  # type: ignore[attr-defined]
    return account


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
