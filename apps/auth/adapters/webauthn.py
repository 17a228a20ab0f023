"""Passkeys on the wire (WebAuthn Level 3) by py_webauthn; user verification is always demanded.

The origin and the relying party are this deployment's own, from settings and never from a request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import webauthn
from django.conf import settings
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

# What py_webauthn raises for a response that is not one: its own refusals and its parsers'.
_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True)
class NewCredential:
    """A credential that its authenticator has just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    is_synced: bool


@dataclass(frozen=True)
class Assertion:
    """What an authenticator said when it was used."""

    sign_count: int
    is_synced: bool


def registration_options(
    *, user_id: UUID, email: str, full_name: str, challenge: bytes, known: Iterable[bytes]
) -> dict[str, Any]:
    """Return what `navigator.credentials.create` is called with, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=settings.VORTEX_RP_ID,
        rp_name="VortexCore",
        user_id=user_id.bytes,
        user_name=email,
        user_display_name=full_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return msgspec.json.decode(webauthn.options_to_json(options), type=dict[str, Any])


def authentication_options(*, challenge: bytes, allowed: Iterable[bytes]) -> dict[str, Any]:
    """Return what `navigator.credentials.get` is called with; nobody allowed means any passkey."""
    options = webauthn.generate_authentication_options(
        rp_id=settings.VORTEX_RP_ID,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return msgspec.json.decode(webauthn.options_to_json(options), type=dict[str, Any])


def as_text(raw: bytes) -> str:
    """Return bytes as browsers write ids: base64url without padding."""
    return bytes_to_base64url(raw)


def credential_id_of(credential: dict[str, Any]) -> bytes | None:
    """Return the id that a response claims, or None where it names none."""
    try:
        return base64url_to_bytes(str(credential["rawId"]))
    except _UNREADABLE:
        return None


def registered(credential: dict[str, Any], challenge: bytes) -> NewCredential | None:
    """Return the credential that a response proves, or None where it proves nothing."""
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.VORTEX_RP_ID,
            expected_origin=list(settings.VORTEX_ORIGINS),
            require_user_verification=True,
        )
        told = parse_registration_credential_json(credential).response.transports or []
    except _UNREADABLE:
        return None
    return NewCredential(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        aaguid=found.aaguid,
        transports=tuple(transport.value for transport in told),
        is_synced=found.credential_backed_up,
    )


def asserted(
    credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
) -> Assertion | None:
    """Return what the holder of a public key has signed, or None where they did not.

    A counter that does not grow, where there is one, means a second copy of the key.
    """
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.VORTEX_RP_ID,
            expected_origin=list(settings.VORTEX_ORIGINS),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return None
    return Assertion(found.new_sign_count, found.credential_backed_up)


def user_handle_of(credential: dict[str, Any]) -> bytes | None:
    """Return whom the authenticator takes its user for, or None where it does not say."""
    try:
        handle = credential["response"].get("userHandle")
        return base64url_to_bytes(str(handle)) if handle else None
    except _UNREADABLE:
        return b""
