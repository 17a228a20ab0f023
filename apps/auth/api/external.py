"""HTTP of other providers of identities: which there are, going there, coming back, unlinking."""

from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.adapters import providers
from apps.auth.api import carriers
from apps.auth.api.edge import PublicView, device_of, own_user_present, own_verified_user_present
from apps.auth.api.serializers import TokensSerializer
from apps.auth.api.trust import trust_of
from apps.auth.domain.external import REQUEST_LIFETIME
from apps.auth.models import ExternalIdentity
from apps.auth.services import external
from vortex.clock import now
from vortex.http.fields import TextField
from vortex.identity.authentication import caller

_COOKIE: Final = "vortex_external"
_PATH: Final = "/api/"


class ProviderSerializer(serializers.Serializer[Any]):
    """A provider that says who somebody is."""

    name = TextField()
    title = TextField()


class ProvidersSerializer(serializers.Serializer[Any]):
    """The providers that the operator trusts."""

    items = ProviderSerializer(many=True)


class GoingSerializer(serializers.Serializer[Any]):
    """Where the browser goes; the provider sends it back to the web client's page."""

    authorization_url = TextField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "From the address of the page",
            value={"code": "SplxlOBeZQQYbYS6WxSbIA", "state": "af0ifjsldkj"},
            request_only=True,
        )
    ]
)
class ReturnSerializer(serializers.Serializer[Any]):
    """What the provider has put into the address of the web client's page."""

    code = TextField(max_length=2048)
    state = TextField(max_length=128)


class ExternalIdentitySerializer(serializers.ModelSerializer[ExternalIdentity]):
    """A provider that is linked to the caller."""

    class Meta:
        model = ExternalIdentity
        fields = ["provider", "linked_at", "last_used_at"]


class ExternalIdentitiesSerializer(serializers.Serializer[Any]):
    """The providers that are linked to the caller, oldest first."""

    items = ExternalIdentitySerializer(many=True)


class ProvidersView(PublicView):
    """Which providers there are."""

    throttle_scope = "refresh"

    @extend_schema(operation_id="auth_external_providers", responses=ProvidersSerializer)
    def get(self, request: Request) -> Response:
        """List the providers that one can sign in with."""
        del request
        return Response(ProvidersSerializer({"items": providers.known()}).data)


class StartView(PublicView):
    """Signing in elsewhere."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_external_start", request=None, responses={201: GoingSerializer}
    )
    def post(self, request: Request, provider: str) -> Response:
        """Ask where to go to sign in. The answer is taken in this browser only, for ten minutes."""
        del request
        return _going(external.start(provider=provider, user=None, now=now()))


class ReturnView(PublicView):
    """Coming back."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_external_callback",
        request=ReturnSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Sign in by the provider's answer.

        Somebody new gets an account if the provider has verified their address. Where the address
        has an account already, one signs in there and links the provider.
        """
        carriers.wants_cookie(request)  # refused before anything is done
        asked = ReturnSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tokens = external.sign_in(
            browser_secret=request.COOKIES.get(_COOKIE, ""),
            device=device_of(request),
            trusted=trust_of(request),
            now=now(),
            **asked.validated_data,
        )
        return _done(carriers.given(request, tokens))


class IdentitiesView(APIView):
    """What is linked."""

    @extend_schema(operation_id="auth_external_identities", responses=ExternalIdentitiesSerializer)
    def get(self, request: Request) -> Response:
        """List the providers that are linked to oneself."""
        found = external.identities_of(user_id=caller(request).user_id)
        return Response(ExternalIdentitiesSerializer({"items": found}).data)


class LinkStartView(APIView):
    """Linking."""

    @extend_schema(
        operation_id="auth_external_link_start", request=None, responses={201: GoingSerializer}
    )
    def post(self, request: Request, provider: str) -> Response:
        """Ask where to go to link a provider to oneself."""
        user = own_verified_user_present(request)
        return _going(external.start(provider=provider, user=user, now=now()))


class LinkReturnView(APIView):
    """Linking, back from the provider."""

    @extend_schema(
        operation_id="auth_external_link",
        request=ReturnSerializer,
        responses={201: ExternalIdentitySerializer},
    )
    def post(self, request: Request) -> Response:
        """Link what the provider says to oneself."""
        asked = ReturnSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = external.link(
            user=own_verified_user_present(request),
            browser_secret=request.COOKIES.get(_COOKIE, ""),
            now=now(),
            **asked.validated_data,
        )
        return _done(Response(ExternalIdentitySerializer(made).data, status=201))


class IdentityView(APIView):
    """One link."""

    @extend_schema(
        operation_id="auth_external_unlink",
        responses={204: OpenApiResponse(description="Not linked any more.")},
    )
    def delete(self, request: Request, provider: str) -> Response:
        """Unlink a provider; never the last way in."""
        external.unlink(user=own_user_present(request), provider=provider, now=now())
        return Response(status=204)


def _going(begun: external.Begun) -> Response:
    answer = Response({"authorization_url": begun.url}, status=201)
    answer.set_cookie(
        _COOKIE,
        begun.browser_secret,
        max_age=REQUEST_LIFETIME,
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def _done(answer: Response) -> Response:
    answer.delete_cookie(_COOKIE, path=_PATH, samesite="Strict")
    return answer
