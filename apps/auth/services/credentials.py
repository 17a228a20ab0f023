"""Passwords as they change, proved by mail or by the present one: the end of every session."""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import attempts, hashing
from apps.auth.contracts import (
    InvalidEmail,
    UserPasswordChanged,
    UserPasswordReset,
    WrongAnswer,
)
from apps.auth.domain import passwords
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.domain.links import CHANGE_EMAIL, RESET_PASSWORD
from apps.auth.models import MailLink, User
from apps.auth.services import links, sessions, trusted_browsers
from apps.auth.services.issuing import Tokens, open_session
from apps.auth.services.registration import hash_of
from vortex.db import needs_transaction, unit_of_work
from vortex.http.throttles import spend
from vortex.outbox import publish


def forgot_password(*, email: str, now: datetime) -> None:
    """Ask for a link that sets a new password; says nothing about who is registered."""
    try:
        address = canonical_email(email)
    except InvalidEmail:
        return
    spend("mail_account", address)
    user = selectors.user_or_none(email=address)
    links.request(user=user, email=address, purpose=RESET_PASSWORD, now=now)


def reset_password(*, token: str, password: str, now: datetime) -> None:
    """Set a password by a link, which is good once. Every session ends; second factors stay."""
    owner = links.owner_of(token=token, purpose=RESET_PASSWORD, now=now)
    fresh = hash_of(password, own_words=_words_of(owner) if owner else ())
    with unit_of_work("auth"):
        link = links.follow(token=token, purposes=(RESET_PASSWORD,), now=now)
        user = _locked(_owner_of(link))
        ended = _set_password(user, fresh, "reset", now)
        if user.email_verified_at is None and user.email == link.email:
            user.email_verified_at = now
            user.save(update_fields=["email_verified_at"])
    _carry_out(user, ended, now)


def change_password(
    *,
    user_id: UUID,
    amr: tuple[str, ...],
    current: str,
    password: str,
    device: Device,
    now: datetime,
) -> Tokens:
    """Set another password, knowing the present one. Every session ends; a new one begins here."""
    user = selectors.user(user_id=user_id)
    attempts.count(user.email)
    if not hashing.proves(passwords.normalised(current), user.password):
        raise WrongAnswer
    fresh = hash_of(password, own_words=_words_of(user))
    with unit_of_work("auth"):
        locked = _locked(user_id)
        if locked.password != user.password:
            raise WrongAnswer
        ended = _set_password(locked, fresh, "change", now)
    _carry_out(locked, ended, now)
    return open_session(locked, amr=amr, device=device, now=now)


def resend_verification(*, user: User, now: datetime) -> None:
    """Ask for the link that proves one's address once more; nothing happens where it is proved."""
    spend("mail_account", str(user.pk))
    links.send_verification(user_id=user.pk, now=now)


@needs_transaction("auth")
def _set_password(user: User, fresh: str, by: str, now: datetime) -> list[UUID]:
    user.password = fresh
    user.save(update_fields=["password"])
    trusted_browsers.distrust_all(user_id=user.pk, now=now)
    # Whoever was in with the former password moves the account to no address of theirs.
    links.void(user_id=user.pk, purposes=(CHANGE_EMAIL, RESET_PASSWORD), now=now)
    publish(UserPasswordChanged(user_id=user.pk, by=by, changed_at=now))
    if by == "reset":
        publish(UserPasswordReset(user_id=user.pk, reset_at=now))
    return sessions.end_all(user_id=user.pk, reason="password_changed", now=now)


def _words_of(user: User) -> tuple[str, ...]:
    return passwords.words_of(user.email, user.full_name)


def _owner_of(link: MailLink) -> UUID:
    if link.user_id is None:  # such a link was never sent, so nobody can follow it
        raise links.LinkNotValid
    return link.user_id


def _carry_out(user: User, ended: list[UUID], now: datetime) -> None:
    attempts.forget(user.email)
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)


@needs_transaction("auth")
def _locked(user_id: UUID) -> User:
    return User.objects.select_for_update().filter(pk=user_id).get()
