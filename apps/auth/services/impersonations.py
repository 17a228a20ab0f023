"""Staff who look at a person's things as the person sees them: asked, agreed to, for a while.

What they get is a token that only reads, that carries both identities, and that dies with the
consent. The person, or whoever looks, ends it at any time.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from apps.auth.adapters.tokens import AccessToken
from apps.auth.conf import access_lifetime
from apps.auth.contracts import UserImpersonationChanged
from apps.auth.domain.roles import CUSTOMER
from apps.auth.models import Impersonation
from apps.auth.services.authority import has_permission
from apps.auth.services.keys import keys_for_tokens
from apps.auth.services.staffing import allowed, checked_reason, write_down
from vortex import identity, realtime
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Invalid, NotFound, Refused
from vortex.ids import new_id
from vortex.outbox import publish

PERMISSION: Final = "users.impersonate"
LONGEST_MINUTES: Final = 60
# What can be looked at. There is no scope here that changes anything, nor one that a program gets.
SCOPES: Final = (
    "accounts:read",
    "transactions:read",
    "payments:read",
    "notifications:read",
    "self:read",
)
_WAITS: Final = timedelta(hours=1)


class ImpersonationNotFound(NotFound, code="impersonation_not_found", title="Not found"):
    """There is no such request that the caller could answer, use or end."""


class NotACustomer(Refused, code="not_a_customer", title="Not a customer"):
    """Only a customer's things are looked at, never those of somebody of the bank."""


class InvalidMinutes(Invalid, code="invalid_minutes", title="Time not accepted"):
    """Somebody of the bank looks for one minute to an hour."""


def request(
    *, user_id: UUID, staff_id: UUID, reason: str, minutes: int, now: datetime
) -> Impersonation:
    """Ask a person whether one may look at their things. Every call asks anew."""
    user = allowed(staff_id, PERMISSION, user_id)
    if user.is_staff or CUSTOMER not in user.roles:
        raise NotACustomer
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidMinutes
    why = checked_reason(reason)
    with unit_of_work("auth"):
        asked = Impersonation.objects.create(
            pk=new_id(),
            user_id=user_id,
            staff_id=staff_id,
            reason=why,
            minutes=minutes,
            requested_at=now,
        )
        write_down(staff_id=staff_id, user_id=user_id, act="ask_to_look", reason=why, now=now)
        _say(asked, now)
    return asked


def decide(
    *, impersonation_id: UUID, user_id: UUID, approved: bool, now: datetime
) -> Impersonation:
    """Answer for oneself. A yes counts from now, for the minutes that were asked for."""
    with unit_of_work("auth"):
        asked = _locked(
            Q(pk=impersonation_id, user_id=user_id, state="requested")
            & Q(requested_at__gt=now - _WAITS)
        )
        asked.state = "approved" if approved else "denied"
        asked.decided_at = now
        asked.until_at = now + timedelta(minutes=asked.minutes) if approved else None
        asked.save(update_fields=["state", "decided_at", "until_at"])
        _say(asked, now)
    return asked


def end(*, impersonation_id: UUID, caller_id: UUID, now: datetime) -> Impersonation:
    """End it, whichever of the two one is; its tokens are dead and its sockets closed at once."""
    with unit_of_work("auth"):
        either = Q(user_id=caller_id) | Q(staff_id=caller_id)
        found = _locked(either & Q(pk=impersonation_id, state__in=["requested", "approved"]))
        found.state, found.ended_at = "ended", now
        found.save(update_fields=["state", "ended_at"])
        _say(found, now)
    identity.revoke_session(found.pk, until=now + access_lifetime())
    realtime.close_session(found.pk)
    return found


def token(*, impersonation_id: UUID, staff_id: UUID, now: datetime) -> tuple[str, int]:
    """Return a token that reads as the person does, while their consent lasts, and its seconds."""
    found = Impersonation.objects.select_related("user").filter(
        pk=impersonation_id,
        staff_id=staff_id,
        state="approved",
        until_at__gt=now,
        user__is_active=True,
    )
    agreed = found.first()
    if agreed is None or agreed.until_at is None:
        raise ImpersonationNotFound
    if not has_permission(user_id=staff_id, permission=PERMISSION):
        raise ImpersonationNotFound
    until = min(now + access_lifetime(), agreed.until_at)
    with unit_of_work("auth"):
        write_down(
            staff_id=staff_id, user_id=agreed.user_id, act="look", reason=agreed.reason, now=now
        )
    access = AccessToken.issued(
        keys_for_tokens(now=now),
        token_id=str(new_id()),
        issued_at=now,
        expires_at=until,
        sub=str(agreed.user_id),
        sid=str(agreed.pk),
        act={"sub": str(staff_id)},
        roles=[CUSTOMER],
        scopes=list(SCOPES),
        amr=[],
        auth_time=0,
    )
    return access, int((until - now).total_seconds())


def concerning(*, user_id: UUID, limit: int) -> list[Impersonation]:
    """Return what somebody was asked or has asked for, newest first."""
    either = Q(user_id=user_id) | Q(staff_id=user_id)
    found = Impersonation.objects.select_related("staff").filter(either)
    return list(found.order_by("-requested_at")[:limit])


def banner(*, impersonation_id: UUID | None) -> Impersonation | None:
    """Return who looks, for the page to show all the while."""
    if impersonation_id is None:
        return None
    return Impersonation.objects.select_related("staff").filter(pk=impersonation_id).first()


@needs_transaction("auth")
def _locked(which: Q) -> Impersonation:
    found = Impersonation.objects.select_for_update().filter(which).first()
    if found is None:
        raise ImpersonationNotFound
    return found


@needs_transaction("auth")
def _say(one: Impersonation, now: datetime) -> None:
    publish(
        UserImpersonationChanged(
            user_id=one.user_id,
            impersonation_id=one.pk,
            staff_id=one.staff_id,
            state=one.state,
            changed_at=now,
        )
    )
