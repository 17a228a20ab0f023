"""Requests that a program pushes before it sends a browser (RFC 9126): kept for one decision.

The browser then carries a name of it, and nothing that anybody on the way could change.
"""

from datetime import datetime
from typing import Final

from apps.auth.adapters import codes
from apps.auth.domain.oauth import PUSHED_LIFETIME
from apps.auth.models import OAuthClient, PushedRequest
from vortex.db import unit_of_work
from vortex.ids import new_id

_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
_PURPOSE: Final = "oauth-pushed"


def push(*, client: OAuthClient, query: str, now: datetime) -> str:
    """Keep what a program asks for and return its name. Every call keeps another one."""
    secret = codes.new_secret()
    with unit_of_work("auth"):
        PushedRequest.objects.create(
            pk=new_id(),
            client=client,
            uri_hash=codes.secret_hash(_PURPOSE, secret),
            query=query,
            expires_at=now + PUSHED_LIFETIME,
        )
    return f"{_PREFIX}{secret}"


def query_of(*, request_uri: str, client_id: str, now: datetime) -> str | None:
    """Return what this program pushed under a name, while it waits for a decision, or None."""
    found = PushedRequest.objects.select_related("client").filter(
        uri_hash=_hash(request_uri), expires_at__gt=now
    )
    pushed = found.first()
    return pushed.query if pushed is not None and pushed.client.client_id == client_id else None


def use_up(*, request_uri: str) -> bool:
    """Let a request be decided once; say whether this was the once."""
    with unit_of_work("auth"):
        deleted, _ = PushedRequest.objects.filter(uri_hash=_hash(request_uri)).delete()
    return bool(deleted)


def _hash(request_uri: str) -> str:
    return codes.secret_hash(_PURPOSE, request_uri.removeprefix(_PREFIX))
