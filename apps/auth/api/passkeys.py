"""HTTP of passkeys: made, named, removed, and signed in with."""

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth import selectors
from apps.auth.api import carriers
from apps.auth.api.edge import (
    PublicView,
    device_of,
    own_user,
    own_user_present,
    own_verified_user_present,
)
from apps.auth.api.factor_serializers import (
    PasskeyOptionsSerializer,
    PasskeyRegistrationSerializer,
    PasskeyResponseSerializer,
    PasskeySerializer,
    PasskeySignalsSerializer,
    PasskeysSerializer,
    RegisteredPasskeySerializer,
)
from apps.auth.api.serializers import TokensSerializer
from apps.auth.services import challenges, passkeys
from vortex.clock import now
from vortex.identity.authentication import caller


class RegistrationOptionsView(APIView):
    """The beginning of a passkey."""

    @extend_schema(
        operation_id="auth_webauthn_register_options",
        request=None,
        responses={201: PasskeyOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for a new passkey."""
        asked, options = passkeys.registration_options(
            user=own_verified_user_present(request), now=now()
        )
        shown = {"challenge": challenges.token_of(asked), "public_key": options}
        return Response(PasskeyOptionsSerializer(shown).data, status=201)


class RegistrationView(APIView):
    """A passkey as it comes into force."""

    @extend_schema(
        operation_id="auth_webauthn_register_verify",
        request=PasskeyRegistrationSerializer,
        responses={201: RegisteredPasskeySerializer},
    )
    def post(self, request: Request) -> Response:
        """Register the passkey that the browser has made."""
        asked = PasskeyRegistrationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        passkey, codes = passkeys.register(
            user=own_user_present(request), now=now(), **asked.validated_data
        )
        body = {**PasskeySerializer(passkey).data, "recovery_codes": codes}
        return Response(body, status=201)


class SignInOptionsView(PublicView):
    """The beginning of signing in without a name."""

    throttle_scope = "refresh"

    @extend_schema(
        operation_id="auth_webauthn_login_options",
        request=None,
        responses={201: PasskeyOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for any passkey of this bank."""
        del request
        asked, options = passkeys.sign_in_options(now=now())
        shown = {"challenge": challenges.token_of(asked), "public_key": options}
        return Response(PasskeyOptionsSerializer(shown).data, status=201)


class SignInView(PublicView):
    """Signing in without a name."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_webauthn_login_verify",
        request=PasskeyResponseSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Sign in with a passkey; it counts as two factors."""
        carriers.wants_cookie(request)  # refused before anything is done
        asked = PasskeyResponseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tokens = passkeys.sign_in(device=device_of(request), now=now(), **asked.validated_data)
        return carriers.given(request, tokens)


class PasskeysView(APIView):
    """The caller's passkeys."""

    @extend_schema(operation_id="auth_webauthn_credentials", responses=PasskeysSerializer)
    def get(self, request: Request) -> Response:
        """List one's own passkeys."""
        found = selectors.passkeys_of(user_id=caller(request).user_id)
        return Response(PasskeysSerializer({"items": found}).data)


class PasskeyView(APIView):
    """One passkey."""

    @extend_schema(
        operation_id="auth_webauthn_credential_rename",
        request=PasskeySerializer,
        responses=PasskeySerializer,
    )
    def patch(self, request: Request, passkey_id: UUID) -> Response:
        """Call a passkey something else."""
        asked = PasskeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        renamed = passkeys.rename(
            passkey_id=passkey_id,
            user_id=caller(request).user_id,
            name=asked.validated_data["name"],
        )
        return Response(PasskeySerializer(renamed).data)

    @extend_schema(
        operation_id="auth_webauthn_credential_remove",
        responses={204: OpenApiResponse(description="Done.")},
    )
    def delete(self, request: Request, passkey_id: UUID) -> Response:
        """Remove a passkey: it opens nothing any more."""
        passkeys.remove(passkey_id=passkey_id, user_id=own_user_present(request).pk, now=now())
        return Response(status=204)


class PasskeySignalsView(APIView):
    """What authenticators should know."""

    @extend_schema(operation_id="auth_webauthn_signals", responses=PasskeySignalsSerializer)
    def get(self, request: Request) -> Response:
        """Read what to signal to authenticators, after signing in, removing a passkey or moving.

        They then hide passkeys that open nothing any more and show today's name and address.
        """
        found = passkeys.signals_for(user=own_user(request))
        return Response(PasskeySignalsSerializer(found).data)
