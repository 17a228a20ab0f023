"""What is known about a person, given to them, and forgotten when they ask and the law lets us.

The person's id stays, because the ledger and the records of others name it; nothing else does.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.accounts.contracts import Accounts, AccountStatus
from apps.auth import selectors
from apps.auth.adapters import hashing
from apps.auth.contracts import UserDeletionRequested, UserErased, UserExportReady
from apps.auth.models import (
    ApiKey,
    AuthenticatorApp,
    Challenge,
    Consent,
    EmailChange,
    ExternalIdentity,
    MailLink,
    Passkey,
    Phone,
    PhoneChange,
    RecoveryCode,
    Session,
    TextCode,
    TrustedBrowser,
    User,
)
from apps.auth.services import sessions
from vortex import identity
from vortex.binding import bind
from vortex.db import unit_of_work
from vortex.errors import Refused
from vortex.outbox import publish
from vortex.telemetry import get_logger

log = get_logger("auth.erasure")

_FORGOTTEN: Final[tuple[Any, ...]] = (
    ApiKey,
    AuthenticatorApp,
    Challenge,
    EmailChange,
    ExternalIdentity,
    MailLink,
    Passkey,
    Phone,
    PhoneChange,
    RecoveryCode,
    TextCode,
    TrustedBrowser,
)


class ErasureRefused(Refused, code="erasure_refused", title="Cannot be erased yet"):
    """There are open accounts; close them first. The law wants their holder to be known."""


def export(*, user_id: UUID, now: datetime) -> dict[str, Any]:
    """Return everything that auth knows about a person, except what proves to be them."""
    user = selectors.user(user_id=user_id)
    with unit_of_work("auth"):
        publish(UserExportReady(user_id=user_id, exported_at=now))
    shown = ("created_at", "last_seen_at", "user_agent", "network", "amr", "revoked_at")
    return {
        "exported_at": now,
        "profile": {
            "id": user.pk,
            "email": user.email,
            "email_verified_at": user.email_verified_at,
            "full_name": user.full_name,
            "roles": user.roles,
            "created_at": user.created_at,
        },
        "second_factors": selectors.second_factors(user_id=user_id),
        "passkeys": list(Passkey.objects.filter(user=user).values("name", "created_at")),
        "consents": list(
            Consent.objects.filter(user=user).values("purpose", "version", "granted", "decided_at")
        ),
        "sessions": list(Session.objects.filter(user=user).values(*shown)),
        "email_changes": list(
            EmailChange.objects.filter(user=user).values("former", "email", "changed_at")
        ),
        "phones": list(
            Phone.objects.filter(user=user).values("number", "verified_at", "signs_in_since")
        ),
        "phone_changes": list(
            PhoneChange.objects.filter(user=user).values("former", "number", "changed_at")
        ),
        "texts": list(TextCode.objects.filter(user=user).values("number", "purpose", "created_at")),
        "external_identities": list(
            ExternalIdentity.objects.filter(user=user).values("provider", "subject", "linked_at")
        ),
        "api_keys": list(ApiKey.objects.filter(user=user).values("name", "scopes", "created_at")),
    }


def erase(*, user_id: UUID, now: datetime) -> None:
    """Forget a person who has no open account; a second call finds nothing more to forget."""
    accounts = bind(Accounts).accounts_of(owner_id=user_id)
    refused = any(account.status != AccountStatus.CLOSED for account in accounts)
    with unit_of_work("auth"):
        publish(UserDeletionRequested(user_id=user_id, refused=refused, requested_at=now))
    if refused:
        log.info("auth.erasure.refused", user_id=str(user_id))
        raise ErasureRefused
    with unit_of_work("auth"):
        user = User.objects.select_for_update().get(pk=user_id)
        ended = sessions.end_all(user_id=user_id, reason="erased", now=now)
        for model in _FORGOTTEN:
            model.objects.filter(user=user).delete()
        Session.objects.filter(user=user).update(
            user_agent="", network="", place="", latitude=None, longitude=None
        )
        user.email, user.full_name = f"{user_id}@erased.invalid", "Erased"
        user.password, user.roles = hashing.unusable(), []
        user.is_active, user.email_verified_at = False, None
        user.revoked_before = now
        user.save()
        publish(UserErased(user_id=user_id, erased_at=now))
    identity.revoke_user(user_id, before=now)
    for session_id in ended:
        sessions.end_session_everywhere(session_id=session_id, now=now)
