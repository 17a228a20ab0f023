"""Moving to another address: proved by the new one, told to the former, which can take it back.

Whoever has stolen a session and moves the account to an address of theirs has moved it for a week:
the former address gets a link that undoes it, with everything that was set up meanwhile.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from apps.auth.adapters import attempts, hashing
from apps.auth.contracts import (
    EmailTaken,
    UserEmailChanged,
    UserEmailVerified,
    UserMfaDisabled,
    UserProfileUpdated,
)
from apps.auth.domain.email import canonical_email
from apps.auth.domain.links import (
    CHANGE_EMAIL,
    PURPOSES,
    RESET_PASSWORD,
    UNDO_EMAIL,
    VERIFY_EMAIL,
)
from apps.auth.models import (
    ApiKey,
    AuthenticatorApp,
    EmailChange,
    ExternalIdentity,
    MailLink,
    Passkey,
    RecoveryCode,
    User,
)
from apps.auth.services import factors, links, phones, sessions, trusted_browsers
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Refused
from vortex.http.throttles import spend
from vortex.ids import new_id
from vortex.outbox import publish

_TAKEN: Final = {"vortex_auth_user_email_unique": EmailTaken}
_ALL_BUT_UNDOING: Final = tuple(purpose for purpose in PURPOSES if purpose != UNDO_EMAIL)


class SameEmail(Refused, code="same_email", title="The same address"):
    """The account has this address already."""


def request_change(*, user: User, email: str, session_id: UUID | None, now: datetime) -> None:
    """Ask for a link at a new address; nothing changes before it is followed.

    Whether somebody has the new address is not said: then the link, once followed, is refused.
    Asked twice, the latest link is the one that works.
    """
    address = canonical_email(email)
    if address == user.email:
        raise SameEmail
    spend("mail_account", str(user.pk))
    links.request(user=user, email=address, purpose=CHANGE_EMAIL, now=now, session_id=session_id)


def verify(*, token: str, now: datetime) -> User:
    """Prove an address by its link; a new address takes the former one's place.

    Then everybody is signed out except where it was asked for, and the former address hears of it.
    """
    with refusing(_TAKEN), unit_of_work("auth"):
        link = links.follow(token=token, purposes=(VERIFY_EMAIL, CHANGE_EMAIL), now=now)
        user = _locked(link)
        ended = (
            _moved(user, link, now) if link.purpose == CHANGE_EMAIL else _proved(user, link, now)
        )
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)
    return user


def undo(*, token: str, now: datetime) -> User:
    """Take the former address back by the link that was sent to it.

    What was set up since the change goes, everybody is signed out, the password opens nothing, and
    a link to set a new one is on its way to the address. Factors from before the change stay.
    """
    with refusing(_TAKEN), unit_of_work("auth"):
        link = links.follow(token=token, purposes=(UNDO_EMAIL,), now=now)
        user = _locked(link)
        user.email, user.email_verified_at = link.email, now
        user.password = hashing.unusable()
        user.save(update_fields=["email", "email_verified_at", "password"])
        changes = EmailChange.objects.filter(
            user=user, changed_at__gte=link.created_at, undone_at__isnull=True
        )
        changes.update(undone_at=now)
        links.void(user_id=user.pk, purposes=_ALL_BUT_UNDOING, now=now)
        ended = [*_forget_ways_in(user, link.created_at, now)]
        trusted_browsers.distrust_all(user_id=user.pk, now=now)
        ended += sessions.end_all(user_id=user.pk, reason="email_undone", now=now)
        _say(user, now, undone=True)
        links.request(user=user, email=user.email, purpose=RESET_PASSWORD, now=now)
    attempts.forget(user.email)
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)
    return user


@needs_transaction("auth")
def _proved(user: User, link: MailLink, now: datetime) -> list[UUID]:
    if link.email != user.email:
        raise links.LinkNotValid
    user.email_verified_at = now
    user.save(update_fields=["email_verified_at"])
    publish(UserEmailVerified(user_id=user.pk, verified_at=now))
    return []


@needs_transaction("auth")
def _moved(user: User, link: MailLink, now: datetime) -> list[UUID]:
    former, was_proved = user.email, user.email_verified_at is not None
    user.email, user.email_verified_at = link.email, now
    user.save(update_fields=["email", "email_verified_at"])
    if links.is_kept(email=link.email, now=now, but_for=user.pk):
        raise EmailTaken
    EmailChange.objects.create(
        pk=new_id(), user=user, former=former, email=user.email, changed_at=now
    )
    links.void(user_id=user.pk, purposes=_ALL_BUT_UNDOING, now=now)
    ended = sessions.end_all(user_id=user.pk, reason="email_changed", now=now, keep=link.session_id)
    publish(UserEmailVerified(user_id=user.pk, verified_at=now))
    _say(user, now, undone=False)
    if was_proved:  # an address that nobody has proved may be a stranger's
        links.request(user=user, email=former, purpose=UNDO_EMAIL, now=now)
    return ended


@needs_transaction("auth")
def _forget_ways_in(user: User, since: datetime, now: datetime) -> list[UUID]:
    """Forget what was set up to sign in with since an instant; return the keys whose tokens die."""
    keys = ApiKey.objects.filter(user=user, created_at__gte=since, revoked_at__isnull=True)
    ids = list(keys.values_list("pk", flat=True))
    keys.update(revoked_at=now)
    gone = (
        AuthenticatorApp.objects.filter(user=user, created_at__gte=since),
        Passkey.objects.filter(user=user, created_at__gte=since),
    )
    if sum(rows.delete()[0] for rows in gone):
        publish(UserMfaDisabled(user_id=user.pk, method="since_email_change", disabled_at=now))
        factors.forget_paper_with_the_last_factor(user.pk)
    phones.forget_since(user_id=user.pk, since=since, now=now)
    ExternalIdentity.objects.filter(user=user, linked_at__gte=since).delete()
    RecoveryCode.objects.filter(user=user, created_at__gte=since).delete()
    return ids


@needs_transaction("auth")
def _say(user: User, now: datetime, *, undone: bool) -> None:
    publish(UserEmailChanged(user_id=user.pk, undone=undone, changed_at=now))
    publish(UserProfileUpdated(user_id=user.pk, updated_at=now))


@needs_transaction("auth")
def _locked(link: MailLink) -> User:
    if link.user_id is None:  # such a link was never sent, so nobody can follow it
        raise links.LinkNotValid
    return User.objects.select_for_update().filter(pk=link.user_id).get()
