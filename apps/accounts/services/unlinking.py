"""Ending links. What was brought in stays; nothing more comes."""

from datetime import datetime
from uuid import UUID

from apps.accounts.contracts import AccountUnlinked, LinkStatus
from apps.accounts.models import Link
from apps.accounts.selectors import links as selectors
from vortex.db import needs_transaction, unit_of_work
from vortex.outbox import publish


def unlink(*, account_id: UUID, at: datetime) -> Link:
    """End the link of an account. The agreement with the bank stays for its other links."""
    with unit_of_work("accounts"):
        live = selectors.live_link_of_account(account_id=account_id)
        if live is None:
            raise selectors.LinkNotFound
        return _end(live.pk, at)


@needs_transaction("accounts")
def end_links_of(*, consent_id: UUID, at: datetime) -> None:
    """End every link that lives on a consent."""
    for link in selectors.live_links_of_consent(consent_id=consent_id):
        _end(link.pk, at)


@needs_transaction("accounts")
def locked_link(link_id: UUID) -> Link:
    """Return a link, locked."""
    found = Link.objects.select_for_update().filter(pk=link_id).first()
    if found is None:
        raise selectors.LinkNotFound
    return found


def _end(link_id: UUID, at: datetime) -> Link:
    link = locked_link(link_id)
    if link.status == LinkStatus.UNLINKED:
        return link
    link.status, link.unlinked_at, link.problem = LinkStatus.UNLINKED.value, at, ""
    link.save(update_fields=["status", "unlinked_at", "problem"])
    publish(
        AccountUnlinked(
            account_id=link.account_id,
            owner_id=link.owner_id,
            link_id=link.pk,
            bank=link.bank,
            unlinked_at=at,
        )
    )
    return link
