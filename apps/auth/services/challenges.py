"""Questions and their one answer: asked, answered by a factor of the person, used for one thing.

A wrong answer is written down before it is refused, so that a process that dies between the two has
not given away a guess for nothing. Guesses count per person too, over all of their questions.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.auth import selectors
from apps.auth.adapters import attempts, codes, hashing, totp, webauthn
from apps.auth.contracts import ChallengeNotFound, UserMfaFailed, WrongAnswer
from apps.auth.domain import passwords
from apps.auth.domain.challenges import (
    AMR_OF,
    LIFETIME,
    MAIL_SIGN_IN,
    PASSKEY,
    PASSWORD,
    RECOVERY_CODE,
    SIGN_IN,
    SMS,
    TOTP,
    WRONG_ANSWERS_ALLOWED,
    signed_challenge,
)
from apps.auth.models import AuthenticatorApp, Challenge, Passkey, RecoveryCode, User
from apps.auth.services import sms_factor
from vortex.db import needs_transaction, unit_of_work
from vortex.outbox import publish


@dataclass(frozen=True)
class Answer:
    """What a person answers: a method and a code, or a passkey's response from the browser."""

    method: str
    code: str = ""
    credential: dict[str, Any] = field(default_factory=dict)


def ask(
    *,
    challenge_id: UUID,
    user: User | None,
    purpose: str,
    now: datetime,
    session_id: UUID | None = None,
    amr: tuple[str, ...] = (),
    binding_hash: str = "",
    shown: dict[str, Any] | None = None,
    lives: timedelta = LIFETIME,
) -> Challenge:
    """Ask a question. The caller brings the id: asking twice is asking once."""
    with unit_of_work("auth"):
        asked, _ = Challenge.objects.get_or_create(
            pk=challenge_id,
            defaults={
                "user": user,
                "session_id": session_id,
                "purpose": purpose,
                "nonce": codes.new_nonce(),
                "binding_hash": binding_hash,
                "shown": shown or {},
                "amr": list(amr),
                "created_at": now,
                "expires_at": now + lives,
            },
        )
    return asked


def token_of(asked: Challenge) -> str:
    """Return what whoever was asked, and nobody else, shows with the answer."""
    return f"{asked.pk.hex}.{base64.urlsafe_b64encode(bytes(asked.nonce)).decode().rstrip('=')}"


def by_token(token: str, *, purpose: str, now: datetime) -> Challenge:
    """Return the open question that a token stands for, or refuse."""
    name, _, secret = token.partition(".")
    try:
        challenge_id = UUID(name)
        nonce = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (ValueError, binascii.Error):
        raise WrongAnswer from None
    asked = Challenge.objects.select_related("user").filter(pk=challenge_id, nonce=nonce).first()
    if asked is None or asked.purpose != purpose or not _is_open(asked, now):
        raise WrongAnswer
    return asked


def own(*, challenge_id: UUID, user_id: UUID) -> Challenge:
    """Return a question that a person was asked; anyone else's does not exist."""
    found = Challenge.objects.filter(pk=challenge_id, user_id=user_id).first()
    if found is None:
        raise ChallengeNotFound
    return found


def challenge_bytes(asked: Challenge) -> bytes:
    """Return what an authenticator signs in answer to a question."""
    return signed_challenge(bytes(asked.nonce), asked.binding_hash)


def passkey_options(asked: Challenge) -> dict[str, Any]:
    """Return what the browser is asked with: a passkey of this person, or of anybody."""
    own_keys = selectors.passkeys_of(user_id=asked.user_id) if asked.user_id else []
    return webauthn.authentication_options(
        challenge=challenge_bytes(asked), allowed=[bytes(key.credential_id) for key in own_keys]
    )


def methods_for(user_id: UUID) -> tuple[str, ...]:
    """Return how a person who is signed in may answer: by a second factor, else by the password."""
    return selectors.second_factors(user_id=user_id) or (PASSWORD,)


def answer(*, challenge_id: UUID, user: User, answer: Answer, now: datetime) -> Challenge:
    """Prove a question by an answer, or refuse with WrongAnswer.

    A wrong answer counts against the question and against the person; a right one is good once.
    """
    attempts.count(str(user.pk), "second_factor")
    typed = answer.code if answer.method == PASSWORD else ""
    knows = bool(typed) and hashing.proves(passwords.normalised(typed), user.password)
    with unit_of_work("auth"):
        asked = _locked(challenge_id)
        proved = _is_open(asked, now) and _proves(asked, user, answer, now, knows=knows)
        if proved:
            asked.state, asked.proved_at = "proved", now
            asked.amr = [*asked.amr, AMR_OF[answer.method]]
        else:
            asked.wrong_answers += 1
            if asked.wrong_answers >= WRONG_ANSWERS_ALLOWED:
                asked.state = "void"
            publish(UserMfaFailed(user_id=user.pk, method=answer.method[:16], failed_at=now))
        asked.save()
    if not proved:
        raise WrongAnswer
    attempts.forget(str(user.pk), "second_factor")
    return asked


@needs_transaction("auth")
def use(*, challenge_id: UUID, now: datetime) -> Challenge:
    """Use a proved question for what it was asked for; whoever comes second is refused."""
    used = Challenge.objects.filter(pk=challenge_id, state="proved", expires_at__gt=now)
    if not used.update(state="used"):
        raise WrongAnswer
    return Challenge.objects.get(pk=challenge_id)


@needs_transaction("auth")
def void_sign_ins(*, user_id: UUID) -> None:
    """Let questions to somebody who is half signed in be answered no more; harmless repeated."""
    begun = Challenge.objects.filter(user_id=user_id, purpose__in=(SIGN_IN, MAIL_SIGN_IN))
    begun.filter(state__in=("pending", "proved")).update(state="void")


@needs_transaction("auth")
def _locked(challenge_id: UUID) -> Challenge:
    found = Challenge.objects.select_for_update().filter(pk=challenge_id).first()
    if found is None:
        raise ChallengeNotFound
    return found


def _is_open(asked: Challenge, now: datetime) -> bool:
    return asked.state == "pending" and asked.expires_at > now


@needs_transaction("auth")
def _proves(asked: Challenge, user: User, answer: Answer, now: datetime, *, knows: bool) -> bool:
    """Say whether an answer is right; what is good once is spent by asking."""
    if answer.method == TOTP:
        return spend_totp(user.pk, answer.code, now)
    if answer.method == RECOVERY_CODE:
        return _spend_recovery_code(user.pk, answer.code, now)
    if answer.method == PASSKEY:
        return _use_passkey(asked, user.pk, answer.credential, now)
    if answer.method == SMS:
        return sms_factor.is_answer(asked=asked, user=user, code=answer.code, now=now)
    # Whoever has a second factor does not step up by what a thief of the first one knows.
    return answer.method == PASSWORD and knows and not selectors.second_factors(user_id=user.pk)


@needs_transaction("auth")
def spend_totp(user_id: UUID, code: str, now: datetime, *, confirmed: bool = True) -> bool:
    """Say whether a code is the app's, and let its step and every earlier one open nothing more."""
    device = (
        AuthenticatorApp.objects.select_for_update()
        .filter(user_id=user_id, confirmed=confirmed)
        .first()
    )
    if device is None:
        return False
    secret = totp.unsealed(bytes(device.sealed_secret))
    step = totp.matching_step(secret, code, device.last_step, now)
    if step is None:
        return False
    device.last_step, device.last_used_at = step, now
    device.save(update_fields=["last_step", "last_used_at"])
    return True


@needs_transaction("auth")
def _spend_recovery_code(user_id: UUID, code: str, now: datetime) -> bool:
    unused = RecoveryCode.objects.filter(
        user_id=user_id, code_hash=codes.recovery_hash(code), used_at__isnull=True
    )
    return unused.update(used_at=now) == 1


@needs_transaction("auth")
def _use_passkey(
    asked: Challenge, user_id: UUID, credential: dict[str, Any], now: datetime
) -> bool:
    credential_id = webauthn.credential_id_of(credential)
    if credential_id is None:
        return False
    own_keys = Passkey.objects.select_for_update().filter(user_id=user_id)
    passkey = own_keys.filter(credential_id=credential_id).first()
    return passkey is not None and record_use(passkey, asked, credential, now)


@needs_transaction("auth")
def record_use(
    passkey: Passkey, asked: Challenge, credential: dict[str, Any], now: datetime
) -> bool:
    """Say whether a passkey answers a question, and keep its counter."""
    said = webauthn.asserted(
        credential, challenge_bytes(asked), bytes(passkey.public_key), passkey.sign_count
    )
    if said is None:
        return False
    passkey.sign_count, passkey.is_synced = said.sign_count, said.is_synced
    passkey.last_used_at = now
    passkey.save(update_fields=["sign_count", "is_synced", "last_used_at"])
    return True
