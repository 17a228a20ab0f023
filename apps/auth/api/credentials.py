"""HTTP of addresses and passwords: proved by mail, changed by their owner."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.api import carriers
from apps.auth.api.credential_serializers import (
    AddressSerializer,
    LinkSerializer,
    PasswordChangeSerializer,
    ResetSerializer,
)
from apps.auth.api.edge import PublicView, device_of, own_user, own_user_present
from apps.auth.api.serializers import TokensSerializer
from apps.auth.services import addresses, credentials
from vortex.clock import now
from vortex.identity.authentication import caller

_DONE = {204: OpenApiResponse(description="Done.")}
_HEARD = {202: OpenApiResponse(description="If there is something to send, it is on its way.")}


class ForgotView(PublicView):
    """Somebody who does not know their password."""

    throttle_scope = "mail"

    @extend_schema(operation_id="auth_password_forgot", request=AddressSerializer, responses=_HEARD)
    def post(self, request: Request) -> Response:
        """Ask for a link that sets a new password. The answer is the same for every address."""
        asked = AddressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        credentials.forgot_password(email=asked.validated_data["email"], now=now())
        return Response(status=202)


class ResetView(PublicView):
    """Somebody who has followed the link."""

    throttle_scope = "sign_in"

    @extend_schema(operation_id="auth_password_reset", request=ResetSerializer, responses=_DONE)
    def post(self, request: Request) -> Response:
        """Set a new password by the link of a mail; every session ends, second factors stay."""
        asked = ResetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        credentials.reset_password(now=now(), **asked.validated_data)
        return Response(status=204)


class ChangeView(APIView):
    """Somebody who knows their password and wants another."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_password_change",
        request=PasswordChangeSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Set another password; every session ends, and these are the tokens of a new one."""
        carriers.wants_cookie(request)  # refused before anything is done
        asked = PasswordChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = own_user_present(request)
        tokens = credentials.change_password(
            user_id=user.pk,
            amr=caller(request).amr,
            current=asked.validated_data["current_password"],
            password=asked.validated_data["new_password"],
            device=device_of(request),
            now=now(),
        )
        return carriers.given(request, tokens)


class VerifyEmailView(PublicView):
    """Somebody who has followed the link to prove an address."""

    throttle_scope = "sign_in"

    @extend_schema(operation_id="auth_email_verify", request=LinkSerializer, responses=_DONE)
    def post(self, request: Request) -> Response:
        """Prove an address by the link that was sent to it."""
        asked = LinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        addresses.verify(token=asked.validated_data["token"], now=now())
        return Response(status=204)


class ResendView(APIView):
    """Somebody whose link got lost."""

    throttle_scope = "mail"

    @extend_schema(operation_id="auth_email_resend", request=None, responses=_HEARD)
    def post(self, request: Request) -> Response:
        """Send the link that proves one's address again."""
        credentials.resend_verification(user=own_user(request), now=now())
        return Response(status=202)


class ChangeEmailView(APIView):
    """Somebody with a new address."""

    throttle_scope = "mail"

    @extend_schema(operation_id="auth_email_change", request=AddressSerializer, responses=_HEARD)
    def post(self, request: Request) -> Response:
        """Move to another address; the former one is good until the link there is followed.

        Then everybody is signed out except here, and the former address gets a link that undoes it
        for a week. The answer does not tell whether somebody has the address.
        """
        asked = AddressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        addresses.request_change(
            user=own_user_present(request),
            email=asked.validated_data["email"],
            session_id=caller(request).session_id,
            now=now(),
        )
        return Response(status=202)


class UndoEmailView(PublicView):
    """Somebody whose account was moved to an address that is not theirs."""

    throttle_scope = "sign_in"

    @extend_schema(operation_id="auth_email_undo", request=LinkSerializer, responses=_DONE)
    def post(self, request: Request) -> Response:
        """Take the former address back by the link that was sent to it.

        What was set up since goes, everybody is signed out, the password opens nothing, and a link
        to set a new one is sent to the address.
        """
        asked = LinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        addresses.undo(token=asked.validated_data["token"], now=now())
        return Response(status=204)
