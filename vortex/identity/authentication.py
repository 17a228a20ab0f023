"""Bearer tokens (RFC 6750) as DRF authentication: `request.user` is the Principal."""

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from vortex.contracts import Principal
from vortex.errors import Forbidden
from vortex.identity.tokens import InvalidToken, verify
from vortex.telemetry import context

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

REALM: Final = 'Bearer realm="vortexcore"'


class TokenAuthentication(BaseAuthentication):
    """Takes `Authorization: Bearer <access token>`; without one it is nobody."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the principal, None where no bearer token was sent, or refuse."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token or " " in token:
            raise InvalidToken("the header is `Authorization: Bearer <access token>`")
        principal = verify(token)
        _hold_to_scopes(principal, request)
        scope = getattr(request, "vortex_scope", None)
        if scope is not None:  # the middleware ends it together with the request
            scope.enter_context(context.use(actor=principal))
        return principal, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        del request
        return REALM


class InsufficientScope(Forbidden, code="insufficient_scope", title="Not within the scopes"):
    """The token was given for less: this needs the scope `scope`."""


def _hold_to_scopes(principal: Principal, request: Request) -> None:
    """Refuse what a token with scopes was not given for; one without is its owner's own.

    `/api/accounts/…` needs `accounts:read` for a method that only reads, else `accounts:write`. A
    view may name another scope for reading it: `scope = "openid"`. Addresses outside the API are
    open to no such token, and nothing is open to a program's token without scopes.
    """
    if not (principal.scopes or principal.client_id or principal.actor_id):
        return
    path = request.path.removeprefix("/api/").removeprefix("v1/")
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    named: str | None = getattr((request.parser_context or {}).get("view"), "scope", None)
    scope = f"{path.split('/')[0]}:{'read' if reads else 'write'}"
    if named and reads:
        scope = named
    if not request.path.startswith("/api/") or scope not in principal.scopes:
        raise InsufficientScope(scope=scope)


def caller(request: Request) -> Principal:
    """Return who is calling; refuses where nobody is, so a view that forgot to ask says 401."""
    principal: object = request.user
    if not isinstance(principal, Principal):
        raise NotAuthenticated
    return principal


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = TokenAuthentication
    name = "bearerJWT"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, str]:
        """Return the security scheme object."""
        del auto_schema
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token from POST /api/auth/login.",
        }
