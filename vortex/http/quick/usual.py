"""What nearly every request looks like. Whatever else there is goes the usual way."""

from functools import lru_cache
from typing import Final

import msgspec
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from vortex.errors import Refusal
from vortex.http.headers import HOPS, MIRRORED
from vortex.identity.tokens import Verified, verify_signature
from vortex.topology import route_of

Fields = dict[bytes, str]  # headers, by name in small letters

_HERE: Final = "local"  # while reads are shared, the door has to know who writes
_ACCEPTED: Final = frozenset({"", "*/*", "application/json"})
# What changes how a request is answered, and is rare enough to be left to the API.
_ELSEWHERE: Final = frozenset(
    {
        b"x-deadline-ms",
        b"transfer-encoding",
        b"content-encoding",
        b"expect",
        b"prefer",
        b"x-http-method-override",
        MIRRORED.lower().encode(),
    }
)
_FORWARDED: Final = frozenset({HOPS.lower().encode()})


def is_usual(fields: Fields, *, secure: bool) -> bool:
    """Say whether headers are such as nearly every request has."""
    return (
        fields.get(b"accept", "") in _ACCEPTED
        and _ELSEWHERE.isdisjoint(fields)
        and settings.SESSION_COOKIE_NAME not in fields.get(b"cookie", "")  # the staff's
        and (secure or not settings.SECURE_SSL_REDIRECT)
        and _is_our_host(fields.get(b"host", ""))
    )


def is_secure(scheme: str, fields: Fields) -> bool:
    """Say whether a request came by HTTPS, as Django does: from the proxy that settings trust."""
    trusted = settings.SECURE_PROXY_SSL_HEADER
    if trusted is None:
        return scheme == "https"
    name = trusted[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
    return fields.get(name, "").split(",")[0].strip() == trusted[1]


def is_here(context: str, fields: Fields) -> bool:
    """Say whether nobody has moved a context, and no other deployment has sent this request."""
    return _FORWARDED.isdisjoint(fields) and route_of(context).mode == _HERE


def bearer(fields: Fields) -> Verified | None:
    """Return the token of somebody who acts for themselves in all they may do; None otherwise.

    What a program or somebody in another's place may do is for the API to say, and so is what is
    wrong with a token.
    """
    scheme, _, raw = fields.get(b"authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not raw or " " in raw:
        return None
    try:
        token = verify_signature(raw)
    except (Refusal, ValueError, msgspec.MsgspecError):
        return None
    who = token.principal
    return None if who.scopes or who.client_id or who.actor_id else token


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
