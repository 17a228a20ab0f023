"""Keys of programs: made by their owner, shown once, exchanged for short access tokens.

A token of a key carries the key's scopes, and whoever verifies it holds it to them. It never
carries a role of the bank's staff.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.auth.adapters import codes
from apps.auth.adapters.tokens import AccessToken
from apps.auth.conf import access_lifetime
from apps.auth.domain.names import checked_label
from apps.auth.domain.permissions import SCOPES
from apps.auth.domain.roles import CUSTOMER
from apps.auth.models import ApiKey, User
from apps.auth.services.keys import keys_for_tokens
from vortex import identity
from vortex.db import unit_of_work
from vortex.errors import Forbidden, Invalid, NotFound, Refused, Unauthenticated
from vortex.ids import new_id

_PREFIX: Final = "vxk_"
_PURPOSE: Final = "api-key"
_MOST: Final = 20
_LONGEST: Final = timedelta(days=365)


class ApiKeyNotFound(NotFound, code="api_key_not_found", title="API key not found"):
    """There is no such key of the caller, or it has been revoked."""


class InvalidApiKey(Unauthenticated, code="invalid_api_key", title="API key not accepted"):
    """The key is none of ours, has expired or has been revoked, or its owner has."""


class ScopeEscalation(Forbidden, code="scope_escalation", title="More than may be given"):
    """A key can be given scopes of `allowed` only."""


class InvalidKeyLife(Invalid, code="invalid_key_life", title="Expiry not accepted"):
    """A key lives for one day to a year."""


class TooManyApiKeys(Refused, code="too_many_api_keys", title="Too many API keys"):
    """A person has at most `most` keys; revoke one first."""


def create(
    *, user: User, name: str, scopes: tuple[str, ...], lives: timedelta, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown once. Every call makes another."""
    label = checked_label(name)
    if not scopes or not set(scopes) <= set(SCOPES) or CUSTOMER not in user.roles:
        raise ScopeEscalation(allowed=list(SCOPES) if CUSTOMER in user.roles else [])
    if not timedelta(days=1) <= lives <= _LONGEST:
        raise InvalidKeyLife
    secret = _PREFIX + codes.new_secret()
    with unit_of_work("auth"):
        User.objects.select_for_update().get(pk=user.pk)
        if ApiKey.objects.filter(user=user, revoked_at__isnull=True).count() >= _MOST:
            raise TooManyApiKeys(most=_MOST)
        key = ApiKey.objects.create(
            pk=new_id(),
            user=user,
            name=label,
            secret_hash=codes.secret_hash(_PURPOSE, secret),
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=now + lives,
        )
    return key, secret


def exchange(*, secret: str, now: datetime) -> tuple[str, int]:
    """Return an access token of a key, and how many seconds it lives. Every call gives another."""
    with unit_of_work("auth"):
        good = ApiKey.objects.select_related("user").filter(
            secret_hash=codes.secret_hash(_PURPOSE, secret),
            revoked_at__isnull=True,
            expires_at__gt=now,
            user__is_active=True,
        )
        key = good.first()
        if key is None:
            raise InvalidApiKey
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    until = min(now + access_lifetime(), key.expires_at)
    token = AccessToken.issued(
        keys_for_tokens(now=now),
        token_id=str(new_id()),
        issued_at=now,
        expires_at=until,
        sub=str(key.user_id),
        sid=str(key.pk),
        roles=[CUSTOMER],
        scopes=key.scopes,
        amr=[],
        auth_time=0,
    )
    return token, int((until - now).total_seconds())


def revoke(*, key_id: UUID, user_id: UUID, now: datetime) -> None:
    """Revoke a person's own key; the tokens that it was exchanged for are dead at once."""
    with unit_of_work("auth"):
        own = ApiKey.objects.filter(pk=key_id, user_id=user_id, revoked_at__isnull=True)
        if not own.update(revoked_at=now):
            raise ApiKeyNotFound
    identity.revoke_session(key_id, until=now + access_lifetime())


def keys_of(*, user_id: UUID, now: datetime) -> list[ApiKey]:
    """Return a person's keys that work, newest first."""
    good = ApiKey.objects.filter(user_id=user_id, revoked_at__isnull=True, expires_at__gt=now)
    return list(good.order_by("-created_at"))
