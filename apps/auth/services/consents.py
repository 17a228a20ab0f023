"""Consents: each decision is kept, the last one holds, and a yes to an older text is none."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.auth.contracts import UnknownPurpose, UserConsentChanged
from apps.auth.domain.consents import LASTING, VERSIONS
from apps.auth.models import Consent, User
from vortex.db import unit_of_work
from vortex.errors import Conflict, Refused
from vortex.ids import new_id
from vortex.outbox import publish


class OtherVersion(Conflict, code="consent_version", title="Another version"):
    """The text has changed; `version` is the one to read and agree to now."""


class LastingConsent(Refused, code="lasting_consent", title="Ends with the accounts"):
    """This holds as long as there are accounts; close them to end it."""


@dataclass(frozen=True)
class Standing:
    """What holds about a purpose: whether it was agreed to in the version of today."""

    purpose: str
    granted: bool
    version: str
    decided_version: str
    decided_at: datetime | None


def decide(*, user_id: UUID, purpose: str, version: str, granted: bool, now: datetime) -> Standing:
    """Write down what a person decides. The same decision again adds nothing."""
    current = _version_of(purpose)
    if version != current:
        raise OtherVersion(version=current)
    if purpose in LASTING and not granted:
        raise LastingConsent
    with unit_of_work("auth"):
        User.objects.select_for_update().get(pk=user_id)
        last = _last(user_id, purpose)
        if last is None or (last.granted, last.version) != (granted, version):
            Consent.objects.create(
                pk=new_id(),
                user_id=user_id,
                purpose=purpose,
                version=version,
                granted=granted,
                decided_at=now,
            )
            publish(
                UserConsentChanged(
                    user_id=user_id,
                    purpose=purpose,
                    version=version,
                    granted=granted,
                    changed_at=now,
                )
            )
    return standing(user_id=user_id, purpose=purpose)


def standing(*, user_id: UUID, purpose: str) -> Standing:
    """Return what holds about a purpose; nothing is agreed to before the person says so."""
    current, last = _version_of(purpose), _last(user_id, purpose)
    if last is None:
        return Standing(
            purpose, granted=False, version=current, decided_version="", decided_at=None
        )
    holds = last.granted and last.version == current
    return Standing(purpose, holds, current, last.version, last.decided_at)


def standings(*, user_id: UUID) -> list[Standing]:
    """Return what holds about every purpose."""
    return [standing(user_id=user_id, purpose=purpose) for purpose in VERSIONS]


def history(*, user_id: UUID, limit: int) -> list[Consent]:
    """Return what a person has decided, newest first."""
    own = Consent.objects.filter(user_id=user_id)
    return list(own.order_by("-decided_at", "-pk")[:limit])


def _version_of(purpose: str) -> str:
    if purpose not in VERSIONS:
        raise UnknownPurpose(known=list(VERSIONS))
    return VERSIONS[purpose]


def _last(user_id: UUID, purpose: str) -> Consent | None:
    own = Consent.objects.filter(user_id=user_id, purpose=purpose)
    return own.order_by("-decided_at", "-pk").first()
