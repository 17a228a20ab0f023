"""HTTP of the authorization server for programs: tokens, their end and worth, and discovery.

Refusals here are those of RFC 6749, because that is what a client library reads.
"""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict
from drf_spectacular.utils import OpenApiResponse, extend_schema
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.adapters.signing import ALGORITHMS
from apps.auth.api.edge import PublicView, device_of
from apps.auth.api.oauth_serializers import (
    ConnectedAppsSerializer,
    DeviceAnswerSerializer,
    DeviceRequestSerializer,
    IntrospectionSerializer,
    OAuthErrorSerializer,
    OwnTokenSerializer,
    PushedSerializer,
    PushSerializer,
    TokenAnswerSerializer,
    TokenRequestSerializer,
    UserInfoSerializer,
)
from apps.auth.domain.oauth import (
    DEVICE_INTERVAL_SECONDS,
    DEVICE_LIFETIME,
    GRANTABLE,
    PUSHED_LIFETIME,
    shown_user_code,
)
from apps.auth.models import OAuthClient
from apps.auth.services.oauth import devices, grants, introspection, pushed
from apps.auth.services.oauth.server import GRANTS, BankServer, Moment, authenticate, issuer
from vortex.clock import now
from vortex.identity.authentication import caller

_REFUSED: Final = {400: OAuthErrorSerializer, 401: OAuthErrorSerializer}
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class ProgramView(PublicView):
    """A view for programs, which send forms and show their own secret."""

    parser_classes = (FormParser,)
    throttle_scope = "refresh"

    def program(self, request: Request) -> OAuthClient | None:
        """Return the program that is asking, or None where it proves nothing."""
        return authenticate(request.headers.get("Authorization", ""), _form(request).dict())


class TokenView(ProgramView):
    """Where a code or a refresh token becomes the next tokens."""

    @extend_schema(
        operation_id="auth_oauth_token",
        request={"application/x-www-form-urlencoded": TokenRequestSerializer},
        responses={200: TokenAnswerSerializer, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Exchange a code, a refresh token or a device's code for tokens.

        A code is good once, for a minute, with the verifier of its challenge; a refresh token is
        good once. Either of them used again ends what came of it.
        """
        sent = [(name, value) for name, values in _form(request).lists() for value in values]
        headers = {"Authorization": request.headers.get("Authorization", "")}
        server = BankServer(Moment(now(), device_of(request)))
        try:
            _, body, status = server.create_token_response(
                request.build_absolute_uri(request.path), "POST", sent, headers
            )
        except OAuth2Error as error:
            body, status = error.json, error.status_code
        answer = Response(msgspec.json.decode(body), status=status, headers=_NO_STORE)
        return _challenged(answer) if status == 401 else answer


class PushView(ProgramView):
    """Where a program says what it will ask a person for (RFC 9126)."""

    @extend_schema(
        operation_id="auth_oauth_par",
        request={"application/x-www-form-urlencoded": PushSerializer},
        responses={201: PushedSerializer, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Say what the page of consent shall ask; the browser then carries only `request_uri`.

        It is good for one decision, within ten minutes. What the page would refuse is refused here.
        """
        client = self.program(request)
        if client is None:
            return _refused()
        sent = [
            (name, value)
            for name, values in _form(request).lists()
            for value in values
            if name not in {"client_id", "client_secret"}
        ]
        query = urlencode([("client_id", client.client_id), *sent])
        server = BankServer(Moment(now(), device_of(request), is_pushed=True))
        try:
            server.validate_authorization_request(f"{issuer()}/api/auth/oauth/authorize?{query}")
        except (OAuth2Error, ValueError) as error:
            body = {"error": getattr(error, "error", "invalid_request")}
            return Response(body, status=400, headers=_NO_STORE)
        told = {
            "request_uri": pushed.push(client=client, query=query, now=now()),
            "expires_in": int(PUSHED_LIFETIME.total_seconds()),
        }
        return Response(PushedSerializer(told).data, status=201, headers=_NO_STORE)


class DeviceAuthorizationView(ProgramView):
    """Where a device without a keyboard begins (RFC 8628)."""

    @extend_schema(
        operation_id="auth_oauth_device_authorization",
        request={"application/x-www-form-urlencoded": DeviceRequestSerializer},
        responses={200: DeviceAnswerSerializer, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Get a code to show. Its owner types it at `verification_uri` and decides there.

        Meanwhile ask at the token endpoint, every `interval` seconds and five seconds less often
        after each `slow_down`.
        """
        client = self.program(request)
        if client is None:
            return _refused()
        scopes = tuple(dict.fromkeys(str(_form(request).get("scope", "")).split()))
        if not scopes or not set(scopes) <= set(client.scopes):
            return Response({"error": "invalid_scope"}, status=400, headers=_NO_STORE)
        begun = devices.begin(client=client, scopes=scopes, now=now())
        page, code = f"{issuer()}/api/auth/oauth/device", shown_user_code(begun.user_code)
        told = {
            "device_code": begun.device_code,
            "user_code": code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={code}",
            "expires_in": int(DEVICE_LIFETIME.total_seconds()),
            "interval": DEVICE_INTERVAL_SECONDS,
        }
        return Response(DeviceAnswerSerializer(told).data, headers=_NO_STORE)


class RevocationView(ProgramView):
    """Where a program lets go."""

    @extend_schema(
        operation_id="auth_oauth_revoke",
        request={"application/x-www-form-urlencoded": OwnTokenSerializer},
        responses={
            200: OpenApiResponse(description="It opens nothing, whatever it was."),
            **_REFUSED,
        },
    )
    def post(self, request: Request) -> Response:
        """End what a token belongs to: the person has to let the program in again (RFC 7009)."""
        client = self.program(request)
        if client is None:
            return _refused()
        introspection.revoke(token=str(_form(request).get("token", "")), client=client, now=now())
        return Response(status=200, headers=_NO_STORE)


class IntrospectionView(ProgramView):
    """Where a program asks what its token is worth."""

    @extend_schema(
        operation_id="auth_oauth_introspect",
        request={"application/x-www-form-urlencoded": OwnTokenSerializer},
        responses={200: IntrospectionSerializer, **_REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Say what a token is worth, to the program with a secret that it was given to."""
        client = self.program(request)
        if client is None or not client.is_confidential:
            return _refused()
        found = introspection.introspect(
            token=str(_form(request).get("token", "")), client=client, now=now()
        )
        return Response(found, headers=_NO_STORE)


class UserInfoView(APIView):
    """Who let the program in."""

    scope = "openid"

    @extend_schema(operation_id="auth_oauth_userinfo", responses=UserInfoSerializer)
    def get(self, request: Request) -> Response:
        """Say who the owner of the token is, as far as its scopes go."""
        return Response(introspection.userinfo(principal=caller(request)))


class ConnectedAppsView(APIView):
    """The programs that the caller has let in."""

    @extend_schema(operation_id="auth_connected_apps", responses=ConnectedAppsSerializer)
    def get(self, request: Request) -> Response:
        """List the programs that may do something for oneself, and what."""
        found = grants.connections_of(user_id=caller(request).user_id, now=now())
        return Response(ConnectedAppsSerializer({"items": found}).data)


class ConnectedAppView(APIView):
    """One of them."""

    @extend_schema(
        operation_id="auth_connected_app_disconnect",
        responses={204: OpenApiResponse(description="It may do nothing any more.")},
    )
    def delete(self, request: Request, client_id: UUID) -> Response:
        """Disconnect a program: its tokens are dead at once."""
        grants.disconnect(client_id=client_id, user_id=caller(request).user_id, now=now())
        return Response(status=204)


def discovery(request: HttpRequest) -> HttpResponse:
    """Say where everything is (OpenID Connect Discovery 1.0, RFC 8414)."""
    del request
    here = issuer()
    told: dict[str, Any] = {
        "issuer": here,
        "authorization_endpoint": f"{here}/api/auth/oauth/authorize",
        "token_endpoint": f"{here}/api/auth/oauth/token",
        "pushed_authorization_request_endpoint": f"{here}/api/auth/oauth/par",
        "require_pushed_authorization_requests": False,
        "device_authorization_endpoint": f"{here}/api/auth/oauth/device_authorization",
        "revocation_endpoint": f"{here}/api/auth/oauth/revoke",
        "introspection_endpoint": f"{here}/api/auth/oauth/introspect",
        "userinfo_endpoint": f"{here}/api/auth/oauth/userinfo",
        "jwks_uri": f"{here}/.well-known/jwks.json",
        "scopes_supported": list(GRANTABLE),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "acr"),
            *("name", "email", "email_verified"),
        ],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }
    answer = HttpResponse(msgspec.json.encode(told), content_type="application/json")
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def _form(request: Request) -> QueryDict:
    """Return what FormParser made; a request without a body has no fields."""
    sent = request.data
    return sent if isinstance(sent, QueryDict) else QueryDict()


def _refused() -> Response:
    body = {"error": "invalid_client", "error_description": "The program does not prove itself."}
    return _challenged(Response(body, status=401, headers=_NO_STORE))


def _challenged(answer: Response) -> Response:
    answer["WWW-Authenticate"] = 'Basic realm="vortexcore"'
    return answer
