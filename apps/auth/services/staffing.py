"""What staff may do to people: unlock, suspend, reactivate; each with a reason, on record.

The record, the change and its event are one transaction. What happens outside the database comes
after it and, should the process die before, from the event that auth hears itself.
"""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import attempts
from apps.auth.contracts import PermissionMissing, UserNotFound, UserReactivated, UserUnlocked
from apps.auth.domain.roles import ADMINISTRATOR
from apps.auth.models import StaffAct, User
from apps.auth.services import sessions
from apps.auth.services.authority import LastAdministrator, has_permission
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Invalid, Refused
from vortex.ids import new_id
from vortex.outbox import publish

_LONGEST_REASON = 500


class NotOneself(Refused, code="not_oneself", title="Not to oneself"):
    """Nobody of the bank does this to themselves; somebody else has to."""


class ReasonMissing(Invalid, code="reason_missing", title="Reason missing"):
    """Whoever reads the record later wants to know why: up to 500 characters."""


def unlock(*, user_id: UUID, staff_id: UUID, reason: str, now: datetime) -> User:
    """Let somebody try again who waits after too many wrong answers; else harmless."""
    user = allowed(staff_id, "users.unlock", user_id)
    why = checked_reason(reason)
    with unit_of_work("auth"):
        write_down(staff_id=staff_id, user_id=user_id, act="unlock", reason=why, now=now)
        publish(UserUnlocked(user_id=user_id, by=staff_id, unlocked_at=now))
    forget_attempts(user=user)
    return user


def forget_attempts(*, user: User) -> None:
    """Let somebody try again at once; repeating it is harmless."""
    attempts.forget(user.email)
    attempts.forget(user.email, "second_factor")  # codes by mail
    attempts.forget(str(user.pk), "second_factor")


def suspend(*, user_id: UUID, staff_id: UUID, reason: str, now: datetime) -> User:
    """Let somebody sign in no more until they are reactivated; sessions and tokens end."""
    user = allowed(staff_id, "users.suspend", user_id)
    why = checked_reason(reason)
    with unit_of_work("auth"):
        active = User.objects.select_for_update().filter(
            roles__contains=[ADMINISTRATOR], is_active=True
        )
        others = [one.pk for one in active.order_by("pk") if one.pk != user_id]
        if ADMINISTRATOR in user.roles and not others:
            raise LastAdministrator
        write_down(staff_id=staff_id, user_id=user_id, act="suspend", reason=why, now=now)
        user, ended = sessions.write_down_deactivation(user_id=user_id, now=now)
    sessions.end_everywhere(user_id=user_id, ended=ended, now=now)
    return user


def reactivate(*, user_id: UUID, staff_id: UUID, reason: str, now: datetime) -> User:
    """Let somebody sign in again; what had ended stays ended. Erased people stay erased."""
    user = allowed(staff_id, "users.suspend", user_id)
    why = checked_reason(reason)
    if user.email.endswith("@erased.invalid"):
        raise UserNotFound(user_id=str(user_id))
    with unit_of_work("auth"):
        if User.objects.filter(pk=user_id, is_active=False).update(is_active=True):
            write_down(staff_id=staff_id, user_id=user_id, act="reactivate", reason=why, now=now)
            publish(UserReactivated(user_id=user_id, reactivated_at=now))
    return selectors.user(user_id=user_id)


def must(staff_id: UUID, permission: str) -> None:
    """Refuse where somebody of the bank may not do this to everybody."""
    if not has_permission(user_id=staff_id, permission=permission):
        raise PermissionMissing


def allowed(staff_id: UUID, permission: str, user_id: UUID) -> User:
    """Return the person whom somebody of the bank may do this to, or refuse."""
    must(staff_id, permission)
    if staff_id == user_id:
        raise NotOneself
    return selectors.user(user_id=user_id)


def checked_reason(text: str) -> str:
    """Return a reason that says something, or refuse it."""
    reason = text.strip()
    if not reason or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise ReasonMissing
    return reason


@needs_transaction("auth")
def write_down(*, staff_id: UUID, user_id: UUID, act: str, reason: str, now: datetime) -> None:
    """Put an act on record, beside what it does."""
    StaffAct.objects.create(
        pk=new_id(), staff_id=staff_id, user_id=user_id, act=act, reason=reason, done_at=now
    )
