"""Roles as they change: never by oneself, never the last administrator's, always on record."""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.contracts import (
    PermissionMissing,
    UserNotFound,
    UserRoleGranted,
    UserRoleRevoked,
)
from apps.auth.domain.permissions import allows
from apps.auth.domain.roles import ADMINISTRATOR, checked_roles
from apps.auth.models import RoleChange, User
from apps.auth.services import sessions
from vortex.db import unit_of_work
from vortex.errors import Refused
from vortex.ids import new_id
from vortex.outbox import publish


class OwnRoles(Refused, code="own_roles", title="Not one's own roles"):
    """Nobody changes their own roles; somebody else has to."""


class LastAdministrator(Refused, code="last_administrator", title="Last administrator"):
    """Without this administrator nobody could change roles any more."""


def has_permission(*, user_id: UUID, permission: str, owner_id: UUID | None = None) -> bool:
    """Say whether a person may do this, to what belongs to the owner or to everybody's."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user is not None and allows(user.roles, permission, user_id=user_id, owner_id=owner_id)


def change_roles(*, user_id: UUID, roles: tuple[str, ...], changed_by: UUID, now: datetime) -> User:
    """Give somebody these roles and no others; their sessions end, so that no token says otherwise.

    The same roles again change nothing.
    """
    wanted = checked_roles(roles)
    if not has_permission(user_id=changed_by, permission="users.roles"):
        raise PermissionMissing
    if user_id == changed_by:
        raise OwnRoles
    with unit_of_work("auth"):
        administrators = User.objects.select_for_update().filter(roles__contains=[ADMINISTRATOR])
        others = [one for one in administrators.order_by("pk") if one.pk != user_id]
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise UserNotFound(user_id=str(user_id))
        before = list(user.roles)
        if set(before) == set(wanted):
            return user
        if ADMINISTRATOR in before and ADMINISTRATOR not in wanted and not others:
            raise LastAdministrator
        user.roles = list(wanted)
        user.save(update_fields=["roles"])
        _record(user, before, changed_by, now)
        ended = sessions.end_all(user_id=user_id, reason="roles_changed", now=now)
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)
    return user


def _record(user: User, before: list[str], changed_by: UUID, now: datetime) -> None:
    RoleChange.objects.create(
        pk=new_id(),
        user=user,
        changed_by=selectors.user(user_id=changed_by),
        roles_before=before,
        roles_after=list(user.roles),
        changed_at=now,
    )
    for role in sorted(set(user.roles) - set(before)):
        publish(UserRoleGranted(user_id=user.pk, role=role, changed_by=changed_by, changed_at=now))
    for role in sorted(set(before) - set(user.roles)):
        publish(UserRoleRevoked(user_id=user.pk, role=role, changed_by=changed_by, changed_at=now))
