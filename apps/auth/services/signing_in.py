"""Proving who one is: the password, then the second factor of those who have one."""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import attempts, hashing
from apps.auth.conf import is_demonstration
from apps.auth.contracts import InvalidEmail, UserLocked, UserLoginFailed, WeakPassword
from apps.auth.domain import passwords
from apps.auth.domain.challenges import LIFETIME, MAIL_LIFETIME, SIGN_IN, SMS
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.models import User
from apps.auth.services import challenges, risk, sms_factor, trusted_browsers
from apps.auth.services.issuing import (
    InvalidCredentials,
    Tokens,
    begin_session,
    open_session,
    tokens_of,
)
from vortex.db import unit_of_work
from vortex.errors import Unauthenticated
from vortex.ids import new_id
from vortex.outbox import publish


class SecondFactorRequired(Unauthenticated, code="mfa_required", title="Second factor required"):
    """The password was right and is not enough.

    Answer `challenge` at POST /api/auth/mfa/verify by one of `methods`, within `expires_in`
    seconds. Where a passkey is among them, `public_key` is what the browser is asked with; where
    `sms` is, POST /api/auth/mfa/sms/send sends a code to the number that ends as `phone` does.
    """


def sign_in(
    *, email: str, password: str, device: Device, now: datetime, trusted: str = ""
) -> Tokens:
    """Open a session for whoever proves to be somebody. Every call opens another one.

    `trusted` is what a browser was given when its owner asked not to be asked again.
    """
    user = prove(email=email, password=password, network=device.neighbourhood, now=now)
    return admit(user, amr=("pwd",), device=device, now=now, trusted=trusted)


def admit(
    user: User, *, amr: tuple[str, ...], device: Device, now: datetime, trusted: str = ""
) -> Tokens:
    """Open a session for whoever has proved one factor, or ask for the second one they have."""
    offered = sms_factor.offered_to(user, now=now)
    if not offered.is_asked or _is_let_off(user, device=device, trusted=trusted, now=now):
        return open_session(user, amr=amr, device=device, now=now)
    asked = challenges.ask(
        challenge_id=new_id(),
        user=user,
        purpose=SIGN_IN,
        amr=amr,
        now=now,
        lives=MAIL_LIFETIME if SMS in offered.methods else LIFETIME,
    )
    raise SecondFactorRequired(
        challenge=challenges.token_of(asked),
        methods=list(offered.methods),
        expires_in=int((asked.expires_at - now).total_seconds()),
        public_key=challenges.passkey_options(asked) if "passkey" in offered.methods else None,
        phone=offered.phone,
    )


def _is_let_off(user: User, *, device: Device, trusted: str, now: datetime) -> bool:
    """Say whether the browser is trusted, and is where it can be."""
    if not trusted or risk.judge(user_id=user.pk, device=device, now=now).is_high:
        return False
    return trusted_browsers.is_trusted(user=user, token=trusted, now=now)


def finish(
    *, challenge: str, answer: challenges.Answer, device: Device, now: datetime
) -> tuple[Tokens, User]:
    """Open the session that a second factor was asked for, and say whose it is.

    A challenge opens one session: a second call with the same one is refused. One that a code by
    SMS has opened stays one of a single factor.
    """
    asked = challenges.by_token(challenge, purpose=SIGN_IN, now=now)
    assert asked.user is not None
    challenges.answer(challenge_id=asked.pk, user=asked.user, answer=answer, now=now)
    with unit_of_work("auth"):
        proved = challenges.use(challenge_id=asked.pk, now=now)
        second = () if answer.method == SMS else ("mfa",)
        amr = tuple(dict.fromkeys((*proved.amr, *second)))
        session, token_id = begin_session(asked.user, amr=amr, device=device, now=now)
    return tokens_of(session, token_id=token_id, issued_at=now, now=now), asked.user


def prove(*, email: str, password: str, network: str, now: datetime) -> User:
    """Return the active person who has this address and password, or refuse.

    The refusal and the work are the same whatever is wrong, and every attempt counts for the
    account that was named, whether or not it exists.
    """
    try:
        address, typed = canonical_email(email), passwords.normalised(password)
    except (InvalidEmail, WeakPassword):
        raise InvalidCredentials from None
    _count(address, now)
    user = selectors.user_or_none(email=address)
    proved = hashing.proves(typed, user.password if user else None)
    if user is None or not proved or not user.is_active or _opens_demonstrations_only(typed):
        failed_for = user.pk if user else None
        with unit_of_work("auth"):
            publish(
                UserLoginFailed(
                    attempt_id=new_id(), user_id=failed_for, network=network, failed_at=now
                )
            )
        raise InvalidCredentials
    attempts.forget(address)
    if hashing.is_outdated(user.password):
        _renew_hash(user, typed)
    return user


def _count(address: str, now: datetime) -> None:
    """Count an attempt; the first one too many is said, whether or not anybody has the address."""
    try:
        attempts.count(address)
    except attempts.TooManySignIns as refusal:
        if refusal.is_first:
            user = selectors.user_or_none(email=address)
            with unit_of_work("auth"):
                publish(
                    UserLocked(lock_id=new_id(), user_id=user.pk if user else None, locked_at=now)
                )
        raise


def _renew_hash(user: User, typed: str) -> None:
    """Store the hash of the same password with today's parameters, unless it has just changed."""
    fresh = hashing.hashed(typed)
    with unit_of_work("auth"):
        if User.objects.filter(pk=user.pk, password=user.password).update(password=fresh):
            user.password = fresh


def _opens_demonstrations_only(password: str) -> bool:
    return password == passwords.DEMONSTRATION and not is_demonstration()


def staff_entered(*, user_id: UUID, at: datetime) -> None:
    """Keep when somebody of the staff last entered the administration, here or elsewhere."""
    with unit_of_work("auth"):
        User.objects.filter(pk=user_id).update(last_login=at)
