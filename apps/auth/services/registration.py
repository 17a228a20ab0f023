"""Becoming known to the bank, and what a person may change about themselves afterwards."""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import breaches, hashing
from apps.auth.conf import is_demonstration
from apps.auth.contracts import (
    EmailTaken,
    UserIdReused,
    UserNotFound,
    UserProfileUpdated,
    UserRegistered,
    WeakPassword,
)
from apps.auth.domain import passwords
from apps.auth.domain.email import canonical_email
from apps.auth.domain.names import checked_name
from apps.auth.domain.roles import CUSTOMER, checked_roles
from apps.auth.models import User
from apps.auth.services import links
from vortex.db import refusing, unit_of_work
from vortex.outbox import publish

_TAKEN = {"vortex_auth_user_email_unique": EmailTaken, "vortex_auth_user_pkey": UserIdReused}


def register_customer(
    *, user_id: UUID, email: str, full_name: str, password: str | None, registered_at: datetime
) -> None:
    """Register a person who asks for it. Says nothing about who is registered already.

    For an address that is taken nothing happens: the same answer, after the same work. Without a
    password they prove the address, sign in by a code in a mail, and make a passkey.
    """
    new = _prepared(
        user_id=user_id,
        email=email,
        full_name=full_name,
        password=password,
        roles=(CUSTOMER,),
        registered_at=registered_at,
    )
    try:
        _record(new)
    except EmailTaken:
        return


def register(
    *,
    user_id: UUID,
    email: str,
    full_name: str,
    password: str | None,
    roles: tuple[str, ...],
    registered_at: datetime,
) -> User:
    """Register a person on the bank's behalf. A second call with the id registers nobody."""
    known = User.objects.filter(pk=user_id).first()
    if known is not None:
        return _same_person(known, email)
    new = _prepared(
        user_id=user_id,
        email=email,
        full_name=full_name,
        password=password,
        roles=roles,
        registered_at=registered_at,
    )
    new.email_verified_at = registered_at  # the bank vouches for whom it registers itself
    try:
        _record(new)
    except UserIdReused:  # the same call, sent twice at once
        return _same_person(selectors.user(user_id=user_id), email)
    return new


def change_profile(*, user_id: UUID, full_name: str, changed_at: datetime) -> User:
    """Change the name that somebody goes by. The same name again changes nothing."""
    name = checked_name(full_name)
    with unit_of_work("auth"):
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise UserNotFound(user_id=str(user_id))
        if user.full_name != name:
            user.full_name = name
            user.save(update_fields=["full_name"])
            publish(UserProfileUpdated(user_id=user.pk, updated_at=changed_at))
        return user


def _prepared(
    *,
    user_id: UUID,
    email: str,
    full_name: str,
    password: str | None,
    roles: tuple[str, ...],
    registered_at: datetime,
) -> User:
    """Return a person who can be stored, or refuse; all the slow work is done here."""
    return User(
        pk=user_id,
        email=canonical_email(email),
        full_name=checked_name(full_name),
        roles=list(checked_roles(roles)),
        password=(
            hashing.unusable()
            if password is None
            else hash_of(password, own_words=passwords.words_of(email, full_name))
        ),
        created_at=registered_at,
    )


def hash_of(typed: str, *, own_words: tuple[str, ...]) -> str:
    """Return the hash of a password that may be set, or refuse it.

    `own_words` are those of the person's name and address, which a password is not made of.
    """
    password = passwords.acceptable(typed)
    if hashing.is_common(password):
        raise WeakPassword("this password is among those that are tried first")
    if breaches.is_breached(password):
        raise WeakPassword("this password is known from a breach elsewhere")
    if passwords.is_made_of(password, own_words):
        raise WeakPassword("this password is made of words that everybody would try here")
    if password == passwords.DEMONSTRATION and not is_demonstration():
        raise WeakPassword("this password is in the manual, so it opens demonstrations only")
    return hashing.hashed(password)


def _record(new: User) -> None:
    with refusing(_TAKEN), unit_of_work("auth"):
        new.save(force_insert=True)
        # Looked at last: whoever frees the address meanwhile has kept it for themselves by now.
        if links.is_kept(email=new.email, now=new.created_at, but_for=new.pk):
            raise EmailTaken
        publish(UserRegistered(user_id=new.pk, registered_at=new.created_at))


def _same_person(known: User, email: str) -> User:
    if known.email != canonical_email(email):
        raise UserIdReused(user_id=str(known.pk))
    return known
