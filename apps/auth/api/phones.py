"""HTTP of telephone numbers: proved by SMS, changed by whoever is there, a factor where wanted."""

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth import selectors
from apps.auth.api.edge import (
    PublicView,
    own_user_present,
    own_verified_user_present,
)
from apps.auth.api.phone_serializers import (
    NewPhoneSerializer,
    PhoneCodeSerializer,
    PhoneSerializer,
    QuestionOfSmsSerializer,
    SmsSentSerializer,
    SmsSwitchSerializer,
    SwitchedSerializer,
)
from apps.auth.domain.challenges import SIGN_IN
from apps.auth.domain.phones import masked
from apps.auth.models import TextCode
from apps.auth.services import challenges, phones, sms_factor
from vortex.clock import now
from vortex.http.address import client_address, network_of
from vortex.identity.authentication import caller

_GONE = {204: OpenApiResponse(description="Removed.")}


class PhoneView(APIView):
    """The caller's telephone number."""

    @extend_schema(operation_id="auth_phone_read", responses=PhoneSerializer)
    def get(self, request: Request) -> Response:
        """Read one's own telephone number, and whether it signs in; empty where there is none."""
        found = selectors.phone_of(user_id=caller(request).user_id)
        return Response(PhoneSerializer(found).data)

    @extend_schema(
        operation_id="auth_phone_sms_switch",
        request=SmsSwitchSerializer,
        responses=SwitchedSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Let a code by SMS be a second factor at sign-in beside what else one has, or no more.

        A risk goes with it: whoever takes over the number, by a copied SIM card or by moving it to
        another network, gets the codes. It is offered after every stronger factor, never to staff,
        and confirms neither payments nor changes of how one signs in.
        """
        asked = SmsSwitchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        allowed = own_verified_user_present if said["signs_in"] else own_user_present
        user = allowed(request)
        fresh = phones.switch_sign_in(
            user=user, on=said["signs_in"], risks_accepted=said["risks_accepted"], now=now()
        )
        phone = selectors.phone_of(user_id=user.pk)
        shown = {**PhoneSerializer(phone).data, "recovery_codes": fresh}
        return Response(SwitchedSerializer(shown).data)

    @extend_schema(operation_id="auth_phone_remove", responses=_GONE)
    def delete(self, request: Request) -> Response:
        """Remove one's own telephone number; no code by SMS signs in any more."""
        phones.remove(user_id=own_user_present(request).pk, now=now())
        return Response(status=204)


class ChangePhoneView(APIView):
    """Somebody with a new number."""

    throttle_scope = "sms"

    @extend_schema(
        operation_id="auth_phone_change",
        request=NewPhoneSerializer,
        responses={202: SmsSentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a code sent to a number by SMS; the present number is good until it is typed.

        The answer and its time do not tell whether the number is somebody's. Asked again, only the
        latest code works.
        """
        asked = NewPhoneSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = phones.request_change(
            user=own_verified_user_present(request),
            phone=asked.validated_data["number"],
            session_id=caller(request).session_id,
            network=_network_of(request),
            now=now(),
        )
        return Response(SmsSentSerializer(_shown(sent)).data, status=202)


class VerifyPhoneView(APIView):
    """The code that proves it."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_phone_verify",
        request=PhoneCodeSerializer,
        responses=PhoneSerializer,
    )
    def post(self, request: Request, change_id: UUID) -> Response:
        """Prove a number by the code that was sent to it, in the session that asked for it.

        Five wrong codes void it. The person is told by mail that their number is another one, and
        where nothing but SMS protects the account, the new number does not sign in for 24 hours.
        """
        asked = PhoneCodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        principal = caller(request)
        phone = phones.verify_change(
            text_id=change_id,
            user_id=principal.user_id,
            session_id=principal.session_id,
            code=asked.validated_data["code"],
            now=now(),
        )
        return Response(PhoneSerializer(phone).data)


class SendSmsView(PublicView):
    """Somebody half signed in who wants a code by SMS."""

    throttle_scope = "sms"

    @extend_schema(
        operation_id="auth_mfa_sms_send",
        request=QuestionOfSmsSerializer,
        responses={202: SmsSentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a code sent that answers the challenge, where `sms` is among its methods.

        It is good once, at POST /api/auth/mfa/verify with this challenge and the method `sms`.
        """
        asked = QuestionOfSmsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        question = challenges.by_token(
            asked.validated_data["challenge"], purpose=SIGN_IN, now=now()
        )
        sent = sms_factor.send(asked=question, network=_network_of(request), now=now())
        return Response(SmsSentSerializer(_shown(sent)).data, status=202)


def _network_of(request: Request) -> str:
    return network_of(client_address(request))


def _shown(sent: TextCode) -> dict[str, object]:
    return {
        "id": sent.pk,
        "sent_to": masked(sent.number),
        "expires_in": int((sent.expires_at - sent.created_at).total_seconds()),
    }
