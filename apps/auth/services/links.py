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
from apps.auth.domain.links import (
    CHANGE_EMAIL,
    LIFETIME_OF,
    PAGE_OF,
    SIGN_IN_CODE,
    SUBJECT_OF,
    UNDO_EMAIL,
    VERIFY_EMAIL,
    code_text,
    link_text,
)
from apps.auth.models import MailLink, User
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Refused
from vortex.ids import new_id
from vortex.outbox import publish

_SALT: Final = "mail-link"


class LinkNotValid(Refused, code="link_not_valid", title="Link not valid"):
    """The link was used before, has expired, or is none of ours. Ask for another one."""


def request(
    *,
    user: User | None,
    email: str,
    purpose: str,
    now: datetime,
    session_id: UUID | None = None,
    link_id: UUID | None = None,
) -> None:
    """Ask for a link. Every call asks for another one; of a new address, only the latest works."""
    with unit_of_work("auth"):
        if purpose == CHANGE_EMAIL and user is not None:
            # An address that was mistyped may be somebody else's.
            void(user_id=user.pk, purposes=(CHANGE_EMAIL,), now=now)
        link = MailLink.objects.create(
            pk=link_id or new_id(),
            user=user,
            purpose=purpose,
            email=email,
            session_id=session_id,
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
        is_code = link.purpose == SIGN_IN_CODE
        if is_code and link.user.email_verified_at is None:
            # Whoever registered with somebody else's address must not have them sign in to it.
            send_verification(user_id=link.user.pk, now=now)
            return
        secret = codes.new_digits() if is_code else codes.new_secret()
        link.secret_hash = hash_of(link, secret)
        link.save(update_fields=["secret_hash"])
        mail.send(link.email, SUBJECT_OF[link.purpose], _text(link, secret))


def hash_of(link: MailLink, secret: str) -> str:
    """Return what is kept of a secret; that of a short code is salted by what it answers."""
    return codes.secret_hash(
        _SALT, f"{link.pk}:{secret}" if link.purpose == SIGN_IN_CODE else secret
    )


def _text(link: MailLink, secret: str) -> str:
    name = link.user.full_name if link.user else ""
    minutes = int(LIFETIME_OF[link.purpose].total_seconds() // 60)
    if link.purpose == SIGN_IN_CODE:
        return code_text(name, secret, minutes)
    address = f"{settings.VORTEX_PUBLIC_URL}{PAGE_OF[link.purpose]}?{urlencode({'token': secret})}"
    return link_text(link.purpose, name, address, minutes)


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
    if link.purpose == UNDO_EMAIL:  # who came later does not take from who was there before
        same = same.filter(created_at__gte=link.created_at)
    same.update(used_at=now)
    return link


@needs_transaction("auth")
def void(*, user_id: UUID, purposes: tuple[str, ...], now: datetime) -> None:
    """Let a person's links for these purposes open nothing any more; harmless when repeated."""
    unused = MailLink.objects.filter(user_id=user_id, purpose__in=purposes, used_at__isnull=True)
    unused.update(used_at=now)


@needs_transaction("auth")
def is_kept(*, email: str, now: datetime, but_for: UUID) -> bool:
    """Say whether an address is kept for somebody else, who may still take it back."""
    undoing = MailLink.objects.filter(
        email=email, purpose=UNDO_EMAIL, used_at__isnull=True, expires_at__gt=now
    )
    return undoing.exclude(user_id=but_for).exists()
