"""HTTP of second factors: authenticator app, recovery codes, trusted browsers, stepping up."""

from dataclasses import asdict
from typing import Any
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
    AgreementSerializer,
    CodeSerializer,
    EnrolmentSerializer,
    FreshAccessSerializer,
    MethodsSerializer,
    ProvedSerializer,
    QuestionSerializer,
    RecoveryCodesSerializer,
    SecondFactorSerializer,
    StepUpOptionsSerializer,
    StepUpSerializer,
    TrustedBrowsersSerializer,
)
from apps.auth.api.serializers import TokensSerializer
from apps.auth.api.trust import keep_trust
from apps.auth.domain.challenges import PASSKEY, SMS
from apps.auth.models import Challenge
from apps.auth.services import challenges, factors, signing_in, stepping_up, trusted_browsers
from vortex.clock import now
from vortex.identity.authentication import caller

_GONE = {204: OpenApiResponse(description="Done.")}


class SecondFactorView(PublicView):
    """The second half of signing in."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_mfa_verify",
        request=SecondFactorSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Finish signing in.

        Five wrong answers close the challenge, ten make the person wait for half an hour. No
        browser is trusted for a code by SMS.
        """
        carriers.wants_cookie(request)  # refused before anything is done
        asked = SecondFactorSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        device = device_of(request)
        tokens, user = signing_in.finish(
            challenge=asked.validated_data["challenge"],
            answer=asked.answered(),
            device=device,
            now=now(),
        )
        answer = carriers.given(request, tokens)
        if asked.validated_data["trust_browser"] and asked.validated_data["method"] != SMS:
            keep_trust(answer, trusted_browsers.trust(user=user, device=device, now=now()))
        return answer


class MethodsView(APIView):
    """The caller's second factors."""

    @extend_schema(operation_id="auth_mfa_methods", responses=MethodsSerializer)
    def get(self, request: Request) -> Response:
        """List one's own second factors."""
        user_id = caller(request).user_id
        found = {
            "methods": selectors.second_factors(user_id=user_id),
            "recovery_codes_left": selectors.recovery_codes_left(user_id=user_id),
        }
        return Response(MethodsSerializer(found).data)


class EnrolView(APIView):
    """An authenticator app before it counts."""

    @extend_schema(
        operation_id="auth_mfa_totp_enroll", request=None, responses={201: EnrolmentSerializer}
    )
    def post(self, request: Request) -> Response:
        """Begin to use an authenticator app; it counts once it is confirmed."""
        offered = factors.enroll_totp(user=own_verified_user_present(request), now=now())
        return Response(EnrolmentSerializer(asdict(offered)).data, status=201)


class ConfirmView(APIView):
    """An authenticator app as it comes into force."""

    @extend_schema(
        operation_id="auth_mfa_totp_confirm",
        request=CodeSerializer,
        responses=RecoveryCodesSerializer,
    )
    def post(self, request: Request) -> Response:
        """Confirm the authenticator app by a code of it; keep the recovery codes, shown once."""
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        fresh = factors.confirm_totp(
            user=own_user_present(request), code=asked.validated_data["code"], now=now()
        )
        return Response(RecoveryCodesSerializer({"recovery_codes": fresh}).data)


class TotpView(APIView):
    """The authenticator app in force."""

    @extend_schema(operation_id="auth_mfa_totp_remove", responses=_GONE)
    def delete(self, request: Request) -> Response:
        """Remove one's authenticator app."""
        factors.remove_totp(user_id=own_user_present(request).pk, now=now())
        return Response(status=204)


class RecoveryCodesView(APIView):
    """The codes on paper."""

    @extend_schema(
        operation_id="auth_mfa_recovery_codes",
        request=None,
        responses={201: RecoveryCodesSerializer},
    )
    def post(self, request: Request) -> Response:
        """Get fresh recovery codes; the former ones are worthless."""
        fresh = factors.regenerate_recovery_codes(user_id=own_user_present(request).pk, now=now())
        return Response(RecoveryCodesSerializer({"recovery_codes": fresh}).data, status=201)


class TrustedBrowsersView(APIView):
    """Browsers that are not asked for a second factor."""

    @extend_schema(operation_id="auth_trusted_browsers", responses=TrustedBrowsersSerializer)
    def get(self, request: Request) -> Response:
        """List one's own trusted browsers."""
        found = selectors.trusted_browsers(user_id=caller(request).user_id, now=now())
        return Response(TrustedBrowsersSerializer({"items": found}).data)


class TrustedBrowserView(APIView):
    """One trusted browser."""

    @extend_schema(operation_id="auth_trusted_browser_remove", responses=_GONE)
    def delete(self, request: Request, browser_id: UUID) -> Response:
        """Ask for a second factor in this browser again."""
        trusted_browsers.distrust(browser_id=browser_id, user_id=caller(request).user_id, now=now())
        return Response(status=204)


class StepUpOptionsView(APIView):
    """The beginning of stepping up."""

    @extend_schema(
        operation_id="auth_step_up_options",
        request=None,
        responses={201: StepUpOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask to prove that it is oneself."""
        principal = caller(request)
        asked = stepping_up.options(
            user_id=principal.user_id, session_id=principal.session_id, now=now()
        )
        return Response(StepUpOptionsSerializer(_shown(asked)).data, status=201)


class StepUpView(APIView):
    """The end of stepping up."""

    @extend_schema(
        operation_id="auth_step_up_verify",
        request=StepUpSerializer,
        responses=FreshAccessSerializer,
    )
    def post(self, request: Request) -> Response:
        """Prove that it is oneself and get an access token that says so."""
        asked = StepUpSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        principal = caller(request)
        fresh = stepping_up.verify(
            challenge_id=asked.validated_data["challenge_id"],
            user_id=principal.user_id,
            session_id=principal.session_id,
            answer=asked.answered(),
            now=now(),
        )
        return Response(FreshAccessSerializer(asdict(fresh)).data)


class QuestionView(APIView):
    """What somebody is asked to agree to, before money moves."""

    @extend_schema(operation_id="auth_challenge_read", responses=QuestionSerializer)
    def get(self, request: Request, challenge_id: UUID) -> Response:
        """Read what one is asked to agree to: the amount and the payee."""
        asked = challenges.own(challenge_id=challenge_id, user_id=caller(request).user_id)
        shown = {**_shown(asked), "state": asked.state, "shown": asked.shown}
        return Response(QuestionSerializer(shown).data)


class AgreementView(APIView):
    """The answer to it."""

    @extend_schema(
        operation_id="auth_challenge_verify",
        request=AgreementSerializer,
        responses=ProvedSerializer,
    )
    def post(self, request: Request, challenge_id: UUID) -> Response:
        """Agree by a second factor; the payment that asked can then be made, and no other."""
        asked = AgreementSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = own_user(request)
        challenges.own(challenge_id=challenge_id, user_id=user.pk)
        proved = challenges.answer(
            challenge_id=challenge_id, user=user, answer=asked.answered(), now=now()
        )
        shown = {"challenge_id": proved.pk, "state": proved.state}
        return Response(ProvedSerializer(shown).data)


def _shown(asked: Challenge) -> dict[str, Any]:
    methods = challenges.methods_for(asked.user_id) if asked.user_id else (PASSKEY,)
    return {
        "challenge_id": asked.pk,
        "methods": methods,
        "expires_at": asked.expires_at,
        "public_key": challenges.passkey_options(asked) if PASSKEY in methods else None,
    }
