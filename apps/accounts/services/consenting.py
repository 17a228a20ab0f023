"""Agreements with other banks: asked for here, given there, and completed by whoever asked.

The other bank sends the customer's browser back with a state and a code. Both come to us from the
customer's own session, and only the one who asked can complete: somebody else's code in my session,
or mine in theirs, links nothing. A state serves once.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from apps.accounts.adapters.banks import bank
from apps.accounts.adapters.banks.port import (
    BankRefusedError,
    BankTalksNonsenseError,
    BankUnavailableError,
    OutsideAccount,
    Tokens,
)
from apps.accounts.contracts import ConsentExpiring, ConsentStatus
from apps.accounts.models import Consent
from apps.accounts.selectors import links as selectors
from apps.accounts.services.unlinking import end_links_of
from vortex import sealing
from vortex.db import needs_transaction, unit_of_work
from vortex.errors import Conflict, Refused, Unavailable
from vortex.outbox import publish
from vortex.telemetry import get_logger

LASTS: Final = timedelta(days=90)
_ANSWER_WITHIN: Final = timedelta(minutes=30)
_REMIND_BEFORE: Final = timedelta(days=7)
_PURPOSE: Final = "accounts.consents"

log = get_logger(__name__)


class BankNotReached(Unavailable, code="bank_not_reached", title="The other bank does not answer"):
    """The other bank did not answer in time. Nothing was changed; try again later."""


class BankAnswerRefused(
    Refused, code="bank_answer_refused", title="The other bank's answer was not accepted"
):
    """The other bank answered with something that cannot be used. Nothing was brought in."""


class ConsentRefusedByBank(
    Refused, code="consent_refused_by_bank", title="The other bank did not accept it"
):
    """The other bank does not accept the code or the agreement; begin again."""


class ConsentStateRefused(Conflict, code="consent_state_refused", title="Not in this state"):
    """The agreement is not waiting for an answer, the answer is late, or the state is not ours."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn what another bank does to us into refusals that say so."""
    try:
        yield
    except BankUnavailableError as error:
        raise BankNotReached(retry_after=60) from error
    except BankTalksNonsenseError as error:
        raise BankAnswerRefused from error
    except BankRefusedError as error:
        raise ConsentRefusedByBank from error


def redirect_uri() -> str:
    """Return where other banks send customers back to: a page of the dashboard."""
    return f"{settings.VORTEX_PUBLIC_URL}/linked"


def begin_consent(*, consent_id: UUID, owner_id: UUID, bank_name: str, at: datetime) -> Consent:
    """Announce an agreement to a bank. A second call with the id announces nothing more.

    Should the process die after the bank has answered, the bank keeps an agreement that nobody
    ever gives, and the next call announces another.
    """
    known = Consent.objects.filter(pk=consent_id, owner_id=owner_id).first()
    if known is not None:
        return known
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    with told_apart():
        begun = bank(bank_name).begin(
            state=state,
            challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            redirect_uri=redirect_uri(),
            expires_at=at + LASTS,
        )
    row = Consent(
        pk=consent_id,
        owner_id=owner_id,
        bank=bank_name,
        external_id=begun.external_id,
        status=ConsentStatus.AWAITING_AUTHORISATION.value,
        state_digest=sealing.digest(_PURPOSE, state),
        sealed_verifier=sealing.safe(_PURPOSE).encrypt(verifier.encode()),
        authorization_url=begun.authorization_url,
        expires_at=at + LASTS,
        created_at=at,
    )
    with unit_of_work("accounts"):
        Consent.objects.bulk_create([row], ignore_conflicts=True)
        return selectors.consent_of(consent_id=consent_id, owner_id=owner_id)


def complete_consent(
    *, consent_id: UUID, owner_id: UUID, state: str, code: str, at: datetime
) -> Consent:
    """Take the code that the bank sent the customer back with. Completing twice is refused.

    Should the process die between the bank's answer and our row, the code is spent and the
    customer begins again; nothing is linked.
    """
    consent = _awaited(consent_id, owner_id, state, at)
    verifier = sealing.safe(_PURPOSE).decrypt(bytes(consent.sealed_verifier)).decode()
    other = bank(consent.bank)
    with told_apart():
        tokens = other.finish(code=code, verifier=verifier, redirect_uri=redirect_uri(), at=at)
        offered = other.accounts(tokens)
    with unit_of_work("accounts"):
        consent = locked_consent(consent_id)
        _refuse_unless_awaiting(consent)
        consent.status = ConsentStatus.AUTHORISED.value
        consent.sealed_tokens = seal_tokens(tokens)
        consent.offered = msgspec.to_builtins(offered)
        consent.save(update_fields=["status", "sealed_tokens", "offered"])
    return consent


def reject_consent(*, consent_id: UUID, owner_id: UUID, state: str, at: datetime) -> Consent:
    """Note that the customer did not agree at the bank. Nothing was linked and nothing is."""
    _awaited(consent_id, owner_id, state, at)
    with unit_of_work("accounts"):
        consent = locked_consent(consent_id)
        _refuse_unless_awaiting(consent)
        consent.status = ConsentStatus.REJECTED.value
        consent.save(update_fields=["status"])
    return consent


def revoke_consent(*, consent_id: UUID, owner_id: UUID, at: datetime) -> Consent:
    """End an agreement at the bank and here, and every link that lives on it.

    A bank that does not answer is told nothing more: our tokens are thrown away, so that nobody can
    use what it still believes in. Revoking twice is revoking once.
    """
    consent = selectors.consent_of(consent_id=consent_id, owner_id=owner_id)
    _tell_the_bank(consent)
    with unit_of_work("accounts"):
        consent = locked_consent(consent_id)
        if consent.status == ConsentStatus.REVOKED:
            return consent
        _end(consent, ConsentStatus.REVOKED)
        end_links_of(consent_id=consent_id, at=at)
    return consent


def remind_of_ending_consents(*, now: datetime) -> int:
    """Say once of each agreement that it ends within a week; return how many were said."""
    ending = selectors.consents_ending(before=now + _REMIND_BEFORE)
    for consent in ending:
        with unit_of_work("accounts"):
            fresh = locked_consent(consent.pk)
            if fresh.reminded_at is None:
                fresh.reminded_at = now
                fresh.save(update_fields=["reminded_at"])
                publish(
                    ConsentExpiring(
                        consent_id=fresh.pk,
                        owner_id=fresh.owner_id,
                        bank=fresh.bank,
                        expires_at=fresh.expires_at,
                    )
                )
    return len(ending)


def offered_by(consent: Consent) -> tuple[OutsideAccount, ...]:
    """Return the accounts that a consent is about, as the bank named them."""
    return msgspec.convert(consent.offered, tuple[OutsideAccount, ...])


def tokens_of(consent: Consent) -> Tokens:
    """Return what opens a consent."""
    written = sealing.safe(_PURPOSE).decrypt(bytes(consent.sealed_tokens))
    return msgspec.json.decode(written, type=Tokens)


def seal_tokens(tokens: Tokens) -> bytes:
    """Return tokens as they may be kept."""
    return sealing.safe(_PURPOSE).encrypt(msgspec.json.encode(tokens))


@needs_transaction("accounts")
def locked_consent(consent_id: UUID) -> Consent:
    """Return a consent, locked."""
    found = Consent.objects.select_for_update().filter(pk=consent_id).first()
    if found is None:
        raise selectors.ConsentNotFound
    return found


@needs_transaction("accounts")
def expire_consent(consent: Consent) -> None:
    """Mark a consent whose time is over, and throw away what opened it."""
    _end(consent, ConsentStatus.EXPIRED)


def _awaited(consent_id: UUID, owner_id: UUID, state: str, at: datetime) -> Consent:
    consent = selectors.consent_of(consent_id=consent_id, owner_id=owner_id)
    _refuse_unless_awaiting(consent)
    given = sealing.digest(_PURPOSE, state)
    if not secrets.compare_digest(given, consent.state_digest):
        raise ConsentStateRefused("the state is not the one that was sent along")
    if at - consent.created_at > _ANSWER_WITHIN:
        raise ConsentStateRefused("the answer came too late; begin again")
    return consent


def _refuse_unless_awaiting(consent: Consent) -> None:
    if consent.status != ConsentStatus.AWAITING_AUTHORISATION:
        raise ConsentStateRefused(f"the agreement is {consent.status}", status=consent.status)


def _tell_the_bank(consent: Consent) -> None:
    if consent.status in {ConsentStatus.REVOKED, ConsentStatus.REJECTED}:
        return
    try:
        bank(consent.bank).revoke(consent.external_id)
    except (BankUnavailableError, BankRefusedError, BankTalksNonsenseError, Refused):
        log.warning("accounts.consent.bank_not_told", consent_id=str(consent.pk))


def _end(consent: Consent, status: ConsentStatus) -> None:
    ended: dict[str, Any] = {"status": status.value, "sealed_tokens": b"", "offered": []}
    for name, value in ended.items():
        setattr(consent, name, value)
    consent.save(update_fields=list(ended))
