"""Reads of consents and links."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.contracts.linking import ConsentStatus, LinkStatus
from apps.accounts.models import Consent, Link
from vortex.errors import NotFound


class ConsentNotFound(NotFound, code="consent_not_found", title="Consent not found"):
    """There is no such agreement with another bank, or it is somebody else's."""


class LinkNotFound(NotFound, code="link_not_found", title="Link not found"):
    """The account is not linked, or there is no such link, or it is somebody else's."""


def consents_of(*, owner_id: UUID) -> QuerySet[Consent]:
    """Return a customer's agreements with other banks, in no order."""
    return Consent.objects.filter(owner_id=owner_id)


def consent_of(*, consent_id: UUID, owner_id: UUID) -> Consent:
    """Return a customer's own agreement; anybody else's does not exist."""
    found = Consent.objects.filter(pk=consent_id, owner_id=owner_id).first()
    if found is None:
        raise ConsentNotFound
    return found


def links_of_account(*, account_id: UUID) -> QuerySet[Link]:
    """Return every link that an account has had, in no order."""
    return Link.objects.filter(account_id=account_id)


def link_of(*, link_id: UUID, owner_id: UUID) -> Link:
    """Return a customer's own link; anybody else's does not exist."""
    found = Link.objects.filter(pk=link_id, owner_id=owner_id).first()
    if found is None:
        raise LinkNotFound
    return found


def live_link_of_account(*, account_id: UUID) -> Link | None:
    """Return the link that an account has now, or None."""
    return links_of_account(account_id=account_id).exclude(status=LinkStatus.UNLINKED).first()


def live_links_of_consent(*, consent_id: UUID) -> list[Link]:
    """Return the links that live on a consent, in id order."""
    found = Link.objects.filter(consent_id=consent_id).exclude(status=LinkStatus.UNLINKED)
    return list(found.order_by("pk"))


def links_due(*, now: datetime, limit: int) -> list[Link]:
    """Return links that are to be asked about now, the longest waiting first."""
    due = Link.objects.filter(status=LinkStatus.LINKED, due_at__lte=now)
    return list(due.order_by("due_at")[:limit])


def consents_ending(*, before: datetime) -> list[Consent]:
    """Return agreements that end before an instant and whose holders were not told."""
    ending = Consent.objects.filter(
        status=ConsentStatus.AUTHORISED, expires_at__lt=before, reminded_at__isnull=True
    )
    return list(ending.order_by("expires_at")[:200])


def consents_ended(*, now: datetime) -> list[Consent]:
    """Return agreements whose time is over and that are not marked so."""
    ended = Consent.objects.filter(status=ConsentStatus.AUTHORISED, expires_at__lte=now)
    return list(ended.order_by("expires_at")[:200])
