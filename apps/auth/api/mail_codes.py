"""HTTP of signing in by a code in a mail."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.auth.api import carriers
from apps.auth.api.credential_serializers import (
    AddressSerializer,
    CodeAskedSerializer,
    MailCodeSerializer,
)
from apps.auth.api.edge import PublicView, device_of
from apps.auth.api.serializers import TokensSerializer
from apps.auth.api.trust import trust_of
from apps.auth.domain.challenges import MAIL_LIFETIME
from apps.auth.services import challenges, mail_codes
from vortex.clock import now


class CodeView(PublicView):
    """Somebody who would rather read a mail than type a password."""

    throttle_scope = "mail_code"

    @extend_schema(
        operation_id="auth_login_code",
        request=AddressSerializer,
        responses={202: CodeAskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for a code to sign in. The answer is the same for every address."""
        asked = AddressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        question = mail_codes.request(email=asked.validated_data["email"], now=now())
        shown = {
            "challenge": challenges.token_of(question),
            "expires_in": int(MAIL_LIFETIME.total_seconds()),
        }
        return Response(CodeAskedSerializer(shown).data, status=202)


class CodeSignInView(PublicView):
    """Somebody who has read it."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_login_code_verify",
        request=MailCodeSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Sign in by the code of a mail, once.

        Five wrong codes close the question. Whoever has a second factor is refused with
        `mfa_required`, as after a password, and goes on at POST /api/auth/mfa/verify.
        """
        carriers.wants_cookie(request)  # refused before anything is done
        asked = MailCodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tokens = mail_codes.sign_in(
            device=device_of(request),
            trusted=trust_of(request),
            now=now(),
            **asked.validated_data,
        )
        return carriers.given(request, tokens)
