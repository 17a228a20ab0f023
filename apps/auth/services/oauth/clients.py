"""Programs as staff register them; a secret is shown once and kept as a hash."""

import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.auth.adapters import codes
from apps.auth.adapters.signing import ALGORITHMS, EDDSA
from apps.auth.domain.names import checked_label
from apps.auth.domain.oauth import checked_redirect_uri, checked_scopes
from apps.auth.models import OAuthClient, Session
from apps.auth.services import sessions
from vortex.db import unit_of_work
from vortex.errors import Invalid, NotFound
from vortex.ids import new_id

_PREFIX: Final = "vxs_"
_PURPOSE: Final = "oauth-client"


class OAuthClientNotFound(NotFound, code="oauth_client_not_found", title="Program not found"):
    """There is no such program, or the caller has not let it in."""


class NoSecretKept(Invalid, code="no_secret_kept", title="Keeps no secret"):
    """This program was registered as one that cannot keep a secret."""


class UnknownAlgorithm(Invalid, code="unknown_algorithm", title="Unknown algorithm"):
    """Id tokens are signed by one of `known`."""


def register(
    *,
    name: str,
    redirect_uris: tuple[str, ...],
    scopes: tuple[str, ...],
    confidential: bool,
    now: datetime,
    homepage: str = "",
    created_by: UUID | None = None,
    id_token_alg: str = EDDSA,
    must_push: bool = False,
) -> tuple[OAuthClient, str]:
    """Register a program and return it with its secret, empty where it can keep none.

    Every call registers another one.
    """
    if id_token_alg not in ALGORITHMS:
        raise UnknownAlgorithm(known=list(ALGORITHMS))
    secret = _PREFIX + codes.new_secret() if confidential else ""
    with unit_of_work("auth"):
        client = OAuthClient.objects.create(
            pk=new_id(),
            name=checked_label(name),
            homepage=checked_redirect_uri(homepage) if homepage else "",
            secret_hash=_hash(secret),
            redirect_uris=[checked_redirect_uri(uri) for uri in dict.fromkeys(redirect_uris)],
            scopes=list(checked_scopes(scopes)),
            created_at=now,
            created_by_id=created_by,
            id_token_alg=id_token_alg,
            must_push=must_push,
        )
    return client, secret


def replace_secret(*, client_id: UUID) -> str:
    """Give a program another secret, shown once; the former one is worthless at once."""
    secret = _PREFIX + codes.new_secret()
    with unit_of_work("auth"):
        client = OAuthClient.objects.select_for_update().filter(pk=client_id).first()
        if client is None:
            raise OAuthClientNotFound
        if not client.is_confidential:
            raise NoSecretKept
        client.secret_hash = _hash(secret)
        client.save(update_fields=["secret_hash"])
    return secret


def suspend(*, client_id: UUID, now: datetime) -> None:
    """Let a program do nothing any more, for anybody. A second call changes nothing."""
    with unit_of_work("auth"):
        OAuthClient.objects.filter(pk=client_id).update(is_active=False)
        alive = Session.objects.filter(client_id=client_id, revoked_at__isnull=True)
        ids = list(alive.order_by("pk").values_list("pk", flat=True))
        sessions.end_some(session_ids=ids, reason="client_suspended", now=now)
    for session_id in ids:
        sessions.end_session_everywhere(session_id=session_id, now=now)


def resume(*, client_id: UUID) -> None:
    """Let people let a program in again; what they had let it do stays ended."""
    with unit_of_work("auth"):
        OAuthClient.objects.filter(pk=client_id).update(is_active=True)


def active(*, client_id: str) -> OAuthClient | None:
    """Return a program that people may let in, or None."""
    try:
        named = UUID(client_id)
    except ValueError:
        return None
    found = OAuthClient.objects.filter(pk=named, is_active=True).first()
    return found if found is not None and found.client_id == client_id else None


def authenticated(*, client_id: str, secret: str) -> OAuthClient | None:
    """Return the program that proves to be this one; one that keeps no secret shows none."""
    client = active(client_id=client_id)
    if client is None or bool(secret) != client.is_confidential:
        return None
    if client.is_confidential and not hmac.compare_digest(client.secret_hash, _hash(secret)):
        return None
    return client


def _hash(secret: str) -> str:
    return codes.secret_hash(_PURPOSE, secret) if secret else ""
