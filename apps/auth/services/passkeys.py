"""Passkeys: registered by somebody who is signed in, and signed in with by whoever holds one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.auth import selectors
from apps.auth.adapters import webauthn
from apps.auth.contracts import UserPasskeyAdded, UserPasskeyRemoved, WrongAnswer
from apps.auth.domain.challenges import MULTI_FACTOR, PASSKEY_REGISTRATION, PASSKEY_SIGN_IN
from apps.auth.domain.device import Device
from apps.auth.domain.names import checked_label
from apps.auth.models import Challenge, Passkey, User
from apps.auth.services import challenges, factors, trusted_browsers
from apps.auth.services.issuing import Tokens, begin_session, tokens_of
from vortex.db import refusing, unit_of_work
from vortex.errors import Conflict, Refused
from vortex.ids import new_id
from vortex.outbox import publish

_MOST = 20


class PasskeyTaken(Conflict, code="passkey_taken", title="Passkey already registered"):
    """This passkey is registered already."""


class TooManyPasskeys(Refused, code="too_many_passkeys", title="Too many passkeys"):
    """A person has at most `most` passkeys; remove one first."""


def registration_options(*, user: User, now: datetime) -> tuple[Challenge, dict[str, Any]]:
    """Return a question and what the browser makes a passkey with. Every call asks anew."""
    known = selectors.passkeys_of(user_id=user.pk)
    if len(known) >= _MOST:
        raise TooManyPasskeys(most=_MOST)
    asked = challenges.ask(challenge_id=new_id(), user=user, purpose=PASSKEY_REGISTRATION, now=now)
    return asked, webauthn.registration_options(
        user_id=user.pk,
        email=user.email,
        full_name=user.full_name,
        challenge=challenges.challenge_bytes(asked),
        known=[bytes(key.credential_id) for key in known],
    )


def register(
    *, user: User, challenge: str, credential: dict[str, Any], name: str, now: datetime
) -> tuple[Passkey, list[str]]:
    """Keep a passkey that the browser has made; the first factor ever comes with recovery codes.

    The question is used up by the first answer, right or wrong.
    """
    label = checked_label(name)
    asked = challenges.by_token(challenge, purpose=PASSKEY_REGISTRATION, now=now)
    if asked.user_id != user.pk or not _used_up(asked):
        raise WrongAnswer
    made = webauthn.registered(credential, challenges.challenge_bytes(asked))
    if made is None:
        raise WrongAnswer
    taken = {"vortex_auth_passkey_credential_unique": PasskeyTaken}
    with refusing(taken), unit_of_work("auth"):
        passkey = Passkey.objects.create(
            pk=new_id(),
            user=user,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=label,
            aaguid=made.aaguid,
            transports=list(made.transports),
            is_synced=made.is_synced,
            created_at=now,
        )
        fresh = factors.first_recovery_codes(user_id=user.pk, now=now)
        trusted_browsers.distrust_all(user_id=user.pk, now=now)
        publish(UserPasskeyAdded(user_id=user.pk, passkey_id=passkey.pk, added_at=now))
    return passkey, fresh


def signals_for(*, user: User) -> dict[str, Any]:
    """Return what a browser tells its authenticators: which passkeys count, and their names."""
    return {
        "rp_id": str(settings.VORTEX_RP_ID),
        "user_id": webauthn.as_text(user.pk.bytes),
        "name": user.email,
        "display_name": user.full_name,
        "all_accepted_credential_ids": [
            webauthn.as_text(bytes(key.credential_id))
            for key in selectors.passkeys_of(user_id=user.pk)
        ],
    }


def rename(*, passkey_id: UUID, user_id: UUID, name: str) -> Passkey:
    """Call a person's own passkey something else."""
    label = checked_label(name)
    with unit_of_work("auth"):
        passkey = selectors.passkey_of_user(passkey_id=passkey_id, user_id=user_id)
        passkey.name = label
        passkey.save(update_fields=["name"])
        return passkey


def remove(*, passkey_id: UUID, user_id: UUID, now: datetime) -> None:
    """Forget a person's own passkey: it opens nothing any more."""
    with unit_of_work("auth"):
        selectors.passkey_of_user(passkey_id=passkey_id, user_id=user_id).delete()
        factors.forget_paper_with_the_last_factor(user_id)
        trusted_browsers.distrust_all(user_id=user_id, now=now)
        publish(UserPasskeyRemoved(user_id=user_id, passkey_id=passkey_id, removed_at=now))


def sign_in_options(*, now: datetime) -> tuple[Challenge, dict[str, Any]]:
    """Return a question to whoever holds a passkey of this bank, and what the browser is asked."""
    asked = challenges.ask(challenge_id=new_id(), user=None, purpose=PASSKEY_SIGN_IN, now=now)
    return asked, challenges.passkey_options(asked)


def sign_in(*, challenge: str, credential: dict[str, Any], device: Device, now: datetime) -> Tokens:
    """Open a session for whoever holds a passkey; it is two factors, as its user was verified.

    The question is used up by the first answer, right or wrong.
    """
    asked = challenges.by_token(challenge, purpose=PASSKEY_SIGN_IN, now=now)
    credential_id = webauthn.credential_id_of(credential)
    if not _used_up(asked) or credential_id is None:
        raise WrongAnswer
    with unit_of_work("auth"):
        known = Passkey.objects.select_related("user").select_for_update(of=("self",))
        passkey = known.filter(credential_id=credential_id, user__is_active=True).first()
        if passkey is None or not _handle_is(credential, passkey.user_id):
            raise WrongAnswer
        if not challenges.record_use(passkey, asked, credential, now):
            raise WrongAnswer
        amr = ("swk" if passkey.is_synced else "hwk", "user", MULTI_FACTOR)
        session, token_id = begin_session(passkey.user, amr=amr, device=device, now=now)
    return tokens_of(session, token_id=token_id, issued_at=now, now=now)


def _used_up(asked: Challenge) -> bool:
    with unit_of_work("auth"):
        pending = Challenge.objects.filter(pk=asked.pk, state="pending")
        return pending.update(state="used") == 1


def _handle_is(credential: dict[str, Any], user_id: UUID) -> bool:
    """Say whether the authenticator names the same person as the credential's row."""
    handle = webauthn.user_handle_of(credential)
    return handle is None or handle == user_id.bytes
