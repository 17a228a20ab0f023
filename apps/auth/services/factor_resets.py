"""Second factors that are lost with the paper: reset by two of the bank, once who it is was proved.

One of the bank has seen who the person is and asks; another one approves. Then every factor, every
trusted browser and every session is over, and the person signs in by password and sets up anew.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.auth.contracts import UserFactorResetChanged, UserMfaDisabled
from apps.auth.models import (
    AuthenticatorApp,
    FactorReset,
    Passkey,
    Phone,
    RecoveryCode,
    User,
)
from apps.auth.services import sessions, trusted_browsers
from apps.auth.services.staffing import allowed, checked_reason, write_down
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Conflict, Invalid, NotFound, Refused
from vortex.ids import new_id
from vortex.outbox import publish

PROOFS: Final = ("in_person", "video", "post_ident")
_OPEN_FOR: Final = timedelta(hours=24)
_PERMISSION: Final = "users.reset_factors"


class FactorResetNotFound(NotFound, code="factor_reset_not_found", title="Reset not found"):
    """There is no such reset that waits for a decision."""


class FactorResetOpen(Conflict, code="factor_reset_open", title="Already asked for"):
    """A reset for this person waits for a decision already."""


class FourEyes(Refused, code="four_eyes", title="Somebody else decides"):
    """Whoever asked for this, and whom it is about, do not decide it."""


class UnknownProof(Invalid, code="unknown_proof", title="Unknown proof"):
    """There is no such way of seeing who somebody is; `known` lists them."""


def request(*, user_id: UUID, staff_id: UUID, proof: str, note: str, now: datetime) -> FactorReset:
    """Ask for the end of a person's factors, having seen who they are. One at a time."""
    allowed(staff_id, _PERMISSION, user_id)
    why = checked_reason(note)
    if proof not in PROOFS:
        raise UnknownProof(known=list(PROOFS))
    one_open = {"vortex_auth_factor_reset_one_open": FactorResetOpen}
    with refusing(one_open), unit_of_work("auth"):
        overdue = FactorReset.objects.filter(
            user_id=user_id, state="requested", expires_at__lte=now
        )
        overdue.update(state="rejected")
        asked = FactorReset.objects.create(
            pk=new_id(),
            user_id=user_id,
            requested_by_id=staff_id,
            proof=proof,
            note=why,
            requested_at=now,
            expires_at=now + _OPEN_FOR,
        )
        write_down(staff_id=staff_id, user_id=user_id, act="ask_factor_reset", reason=why, now=now)
        _say(asked, now)
    return asked


def decide(*, reset_id: UUID, staff_id: UUID, approved: bool, now: datetime) -> FactorReset:
    """Approve or reject what another one has asked for; approval ends factors and sessions."""
    with unit_of_work("auth"):
        asked = (
            FactorReset.objects.select_for_update()
            .filter(pk=reset_id, state="requested", expires_at__gt=now)
            .first()
        )
        if asked is None:
            raise FactorResetNotFound
        if staff_id in {asked.requested_by_id, asked.user_id}:
            raise FourEyes
        allowed(staff_id, _PERMISSION, asked.user_id)
        asked.state = "approved" if approved else "rejected"
        asked.decided_by_id, asked.decided_at = staff_id, now
        asked.save(update_fields=["state", "decided_by", "decided_at"])
        act = f"{'approve' if approved else 'reject'}_factor_reset"
        write_down(staff_id=staff_id, user_id=asked.user_id, act=act, reason=asked.note, now=now)
        _say(asked, now)
        ended = _end_factors(asked.user_id, now) if approved else []
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)
    return asked


def waiting(*, now: datetime) -> list[FactorReset]:
    """Return what waits for a decision, the oldest first."""
    found = FactorReset.objects.filter(state="requested", expires_at__gt=now)
    return list(found.order_by("requested_at"))


@needs_transaction("auth")
def _say(asked: FactorReset, now: datetime) -> None:
    publish(
        UserFactorResetChanged(
            user_id=asked.user_id, reset_id=asked.pk, state=asked.state, changed_at=now
        )
    )


@needs_transaction("auth")
def _end_factors(user_id: UUID, now: datetime) -> list[UUID]:
    User.objects.select_for_update().get(pk=user_id)
    AuthenticatorApp.objects.filter(user_id=user_id).delete()
    Passkey.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.filter(user_id=user_id).delete()
    Phone.objects.filter(user_id=user_id).update(signs_in_since=None)
    trusted_browsers.distrust_all(user_id=user_id, now=now)
    publish(UserMfaDisabled(user_id=user_id, method="all", disabled_at=now))
    return sessions.end_all(user_id=user_id, reason="factors_reset", now=now)
