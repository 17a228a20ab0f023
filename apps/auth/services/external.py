"""Signing in by what another provider says, and linking it to somebody who is here already.

An address that both know joins nobody to anybody: whoever registers it here first would own what
its rightful holder brings later. A provider's number is linked by somebody who is signed in here,
or opens an account that did not exist.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings

from apps.auth import selectors
from apps.auth.adapters import codes, hashing, outward, providers
from apps.auth.contracts import (
    InvalidEmail,
    UserExternalIdentityLinked,
    UserExternalIdentityUnlinked,
)
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.domain.external import REQUEST_LIFETIME, Claimed, Provider
from apps.auth.models import ExternalIdentity, ExternalRequest, Passkey, User
from apps.auth.services import registration, signing_in
from apps.auth.services.issuing import Tokens
from vortex import sealing
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Conflict, NotFound, Refused, Unauthenticated, Unavailable
from vortex.ids import new_id
from vortex.outbox import publish

PAGE: Final = "/auth/external"
_SALT: Final = "external-sign-in"
_SEAL: Final = "vortex.auth.external.v1"


class ProviderNotFound(NotFound, code="provider_not_found", title="Provider not found"):
    """The bank knows no such provider of identities, or it is not linked."""


class ProviderUnavailable(Unavailable, code="provider_unavailable", title="Provider unavailable"):
    """The provider does not say where it is to be asked. Come back in a moment."""


class ExternalNotBelieved(Unauthenticated, code="external_not_believed", title="Not believed"):
    """The answer is not the provider's, not to this question, not in this browser, or too late."""


class ExternalEmailUnverified(
    Refused, code="external_email_unverified", title="Address not verified there"
):
    """The provider does not vouch for an e-mail address, so no account can be opened with it."""


class ExternalEmailTaken(
    Conflict, code="external_email_taken", title="There is an account already"
):
    """Somebody is registered here with this address: sign in, then link the provider."""


class ExternalTaken(Conflict, code="external_taken", title="Linked already"):
    """This identity is linked to another account, or the account to another one of the provider."""


class LastWayIn(Refused, code="last_way_in", title="The last way in"):
    """Without it nobody could sign in to the account: set a password or add a passkey first."""


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it keeps so that nobody else can bring the answer."""

    url: str
    browser_secret: str


def start(*, provider: str, user: User | None, now: datetime) -> Begun:
    """Ask a provider who somebody is: to sign in, or to link it to `user`. Each call asks anew."""
    asked = _provider(provider)
    state, browser, nonce, verifier = (codes.new_secret() for _ in range(4))
    try:
        url = providers.authorization_url(
            asked,
            state=state,
            nonce=nonce,
            challenge=create_s256_code_challenge(verifier),
            redirect_uri=redirect_uri(),
        )
    except providers.NotBelievedError as error:
        raise ProviderUnavailable(retry_after=5) from error
    with unit_of_work("auth"):
        ExternalRequest.objects.create(
            pk=new_id(),
            user=user,
            provider=asked.name,
            state_hash=codes.secret_hash(_SALT, state),
            browser_hash=codes.secret_hash(_SALT, browser),
            nonce=nonce,
            sealed_verifier=sealing_of(verifier),
            expires_at=now + REQUEST_LIFETIME,
        )
    return Begun(url, browser)


def sign_in(
    *, state: str, code: str, browser_secret: str, device: Device, now: datetime, trusted: str = ""
) -> Tokens:
    """Open a session for whom a provider vouches; second factors are asked for still."""
    asked, said = _answered(state, code, browser_secret, linking=None, now=now)
    linked = ExternalIdentity.objects.select_related("user").filter(
        provider=asked.provider, subject=said.subject
    )
    identity = linked.first()
    user = identity.user if identity else _registered(asked.provider, said, now)
    if not user.is_active:
        raise ExternalNotBelieved
    with unit_of_work("auth"):
        linked.update(last_used_at=now)
    return signing_in.admit(user, amr=("fed",), device=device, now=now, trusted=trusted)


def link(
    *, user: User, state: str, code: str, browser_secret: str, now: datetime
) -> ExternalIdentity:
    """Link an identity to whoever is signed in and has asked; twice is once."""
    asked, said = _answered(state, code, browser_secret, linking=user.pk, now=now)
    with unit_of_work("auth"):
        return _link(user, asked.provider, said, now)


def unlink(*, user: User, provider: str, now: datetime) -> None:
    """Link a provider no more, unless it is the last way in."""
    with unit_of_work("auth"):
        locked = User.objects.select_for_update().get(pk=user.pk)
        own = ExternalIdentity.objects.filter(user=locked)
        if not own.filter(provider=provider).exists():
            raise ProviderNotFound
        others = own.exclude(provider=provider).exists()
        passkey = Passkey.objects.filter(user=locked).exists()
        if not (others or passkey or hashing.is_usable(locked.password)):
            raise LastWayIn
        own.filter(provider=provider).delete()
        publish(UserExternalIdentityUnlinked(user_id=user.pk, provider=provider, unlinked_at=now))


def identities_of(*, user_id: UUID) -> list[ExternalIdentity]:
    """Return the providers that a person has linked, oldest first."""
    return list(ExternalIdentity.objects.filter(user_id=user_id).order_by("linked_at"))


def redirect_uri() -> str:
    """Return the page of the web client that providers send the browser back to."""
    return f"{str(settings.VORTEX_PUBLIC_URL).rstrip('/')}{PAGE}"


def sealing_of(verifier: str) -> bytes:
    """Return a verifier as it is stored."""
    return sealing.safe(_SEAL).encrypt(verifier.encode())


def _answered(
    state: str, code: str, browser_secret: str, *, linking: UUID | None, now: datetime
) -> tuple[ExternalRequest, Claimed]:
    """Use a question up and return it with what the provider says; one answer is all there is."""
    with unit_of_work("auth"):
        found = ExternalRequest.objects.select_for_update().filter(
            state_hash=codes.secret_hash(_SALT, state), used_at__isnull=True, expires_at__gt=now
        )
        asked = found.first()
        if asked is None:
            raise ExternalNotBelieved
        ExternalRequest.objects.filter(pk=asked.pk).update(used_at=now)
    same = hmac.compare_digest(asked.browser_hash, codes.secret_hash(_SALT, browser_secret))
    if not same or asked.user_id != linking:
        raise ExternalNotBelieved
    try:
        said = providers.claimed(
            _provider(asked.provider),
            code=code,
            verifier=sealing.safe(_SEAL).decrypt(bytes(asked.sealed_verifier)).decode(),
            nonce=asked.nonce,
            redirect_uri=redirect_uri(),
            now=now,
        )
    except (providers.NotBelievedError, outward.UnreachableError) as error:
        raise ExternalNotBelieved from error
    return asked, said


def _registered(provider: str, said: Claimed, now: datetime) -> User:
    """Open an account for somebody new, whose address the provider has verified."""
    try:
        address = canonical_email(said.email)
    except InvalidEmail:
        raise ExternalEmailUnverified from None
    if selectors.user_or_none(email=address) is not None:
        raise ExternalEmailTaken
    user = registration.register(
        user_id=new_id(),
        email=address,
        full_name=said.full_name.strip()[:120] or address.partition("@")[0],
        password=None,
        roles=("customer",),
        registered_at=now,
    )
    with unit_of_work("auth"):
        _link(user, provider, said, now)
    return user


@needs_transaction("auth")
def _link(user: User, provider: str, said: Claimed, now: datetime) -> ExternalIdentity:
    known = ExternalIdentity.objects.filter(provider=provider, subject=said.subject).first()
    if known is not None and known.user_id == user.pk:
        return known
    taken = {
        "vortex_auth_external_identity_one_person": ExternalTaken,
        "vortex_auth_external_identity_one_each": ExternalTaken,
    }
    with refusing(taken):
        made = ExternalIdentity.objects.create(
            pk=new_id(), user=user, provider=provider, subject=said.subject, linked_at=now
        )
    publish(UserExternalIdentityLinked(user_id=user.pk, provider=provider, linked_at=now))
    return made


def _provider(name: str) -> Provider:
    for known in providers.known():
        if known.name == name:
            return known
    raise ProviderNotFound
