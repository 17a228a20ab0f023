"""Links by mail: asked for in the same time whether or not anybody has the address, used once.

The request writes a row and its event; the mail is sent by whoever hears the event, which makes the
secret, so that it is nowhere but in the mail.
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from apps.auth import selectors
from apps.auth.adapters import codes, mail
from apps.auth.contracts import UserLinkRequested
from apps.auth.domain.links import LIFETIME_OF, PAGE_OF, SUBJECT_OF, VERIFY_EMAIL, link_text
from apps.auth.models import MailLink, User
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Refused
from vortex.ids import new_id
from vortex.outbox import publish

_SALT: Final = "mail-link"


class LinkNotValid(Refused, code="link_not_valid", title="Link not valid"):
    """The link was used before, has expired, or is none of ours. Ask for another one."""


def request(*, user: User | None, email: str, purpose: str, now: datetime) -> None:
    """Ask for a link. Every call asks for another one, and the latest is the one that works."""
    with unit_of_work("auth"):
        link = MailLink.objects.create(
            pk=new_id(),
            user=user,
            purpose=purpose,
            email=email,
            created_at=now,
            expires_at=now + LIFETIME_OF[purpose],
        )
        publish(UserLinkRequested(link_id=link.pk, requested_at=now))


def send_verification(*, user_id: UUID, now: datetime) -> None:
    """Ask for a link that proves a person's address, unless it is proved."""
    user = selectors.user(user_id=user_id)
    if user.email_verified_at is None:
        request(user=user, email=user.email, purpose=VERIFY_EMAIL, now=now)


def send(*, link_id: UUID, now: datetime) -> None:
    """Send a link that was asked for; sent again, it is another one, and the former is void."""
    with unit_of_work("auth"):
        found = MailLink.objects.select_related("user").select_for_update(of=("self",))
        link = found.filter(pk=link_id, used_at__isnull=True, expires_at__gt=now).first()
        if link is None or link.user is None or not link.user.is_active:
            return
        secret = codes.new_secret()
        link.secret_hash = codes.secret_hash(_SALT, secret)
        link.save(update_fields=["secret_hash"])
        address = (
            f"{settings.VORTEX_PUBLIC_URL}{PAGE_OF[link.purpose]}?{urlencode({'token': secret})}"
        )
        minutes = int(LIFETIME_OF[link.purpose].total_seconds() // 60)
        text = link_text(link.purpose, link.user.full_name, address, minutes)
        mail.send(link.email, SUBJECT_OF[link.purpose], text)


def owner_of(*, token: str, purpose: str, now: datetime) -> User | None:
    """Return whose link this is while it is good, without using it up."""
    found = MailLink.objects.select_related("user").filter(
        secret_hash=codes.secret_hash(_SALT, token),
        purpose=purpose,
        used_at__isnull=True,
        expires_at__gt=now,
    )
    link = found.first()
    return link.user if link else None


@needs_transaction("auth")
def follow(*, token: str, purposes: tuple[str, ...], now: datetime) -> MailLink:
    """Use a link up and return it; a link is good once, and only the latest of its purpose."""
    found = (
        MailLink.objects.select_related("user")
        .select_for_update(of=("self",))
        .filter(
            secret_hash=codes.secret_hash(_SALT, token),
            purpose__in=purposes,
            used_at__isnull=True,
            expires_at__gt=now,
            user__is_active=True,
        )
    )
    link = found.first()
    if link is None:
        raise LinkNotValid
    same = MailLink.objects.filter(user=link.user, purpose=link.purpose, used_at__isnull=True)
    same.update(used_at=now)
    return link
