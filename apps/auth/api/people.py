"""HTTP of staff: what they do to people, with a reason, and what only people allow them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.api.edge import own_user_present, staff_present
from apps.auth.api.factor_serializers import FreshAccessSerializer
from apps.auth.api.people_serializers import (
    FactorResetSerializer,
    FactorResetsSerializer,
    ImpersonationRequestSerializer,
    ImpersonationSerializer,
    ImpersonationsSerializer,
    PersonSerializer,
    ReasonSerializer,
)
from apps.auth.services import factor_resets, impersonations, staffing
from vortex.clock import now
from vortex.contracts import STAFF_ROLES
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole

_SHOWN = 100
_ONLY_STAFF = (RequiresRole(*STAFF_ROLES),)


class _ActView(APIView):
    """Something that staff do to a person, with a reason."""

    permission_classes = _ONLY_STAFF

    def act(self, request: Request, user_id: UUID, what: Any) -> Response:
        """Do it, and say how the person stands now."""
        asked = ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = what(
            user_id=user_id,
            staff_id=staff_present(request).pk,
            reason=asked.validated_data["reason"],
            now=now(),
        )
        return Response(PersonSerializer(user).data)


class UnlockView(_ActView):
    """Somebody who waits after too many wrong answers."""

    @extend_schema(
        operation_id="auth_user_unlock", request=ReasonSerializer, responses=PersonSerializer
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """Let somebody try again at once."""
        return self.act(request, user_id, staffing.unlock)


class SuspendView(_ActView):
    """Somebody who shall not sign in."""

    @extend_schema(
        operation_id="auth_user_suspend", request=ReasonSerializer, responses=PersonSerializer
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """Let somebody sign in no more; their sessions, tokens and sockets end at once."""
        return self.act(request, user_id, staffing.suspend)


class ReactivateView(_ActView):
    """Somebody who may sign in again."""

    @extend_schema(
        operation_id="auth_user_reactivate", request=ReasonSerializer, responses=PersonSerializer
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """Let somebody sign in again."""
        return self.act(request, user_id, staffing.reactivate)


class AskFactorResetView(APIView):
    """Somebody who has lost every factor."""

    permission_classes = _ONLY_STAFF

    @extend_schema(
        operation_id="auth_factor_reset_ask",
        request=FactorResetSerializer,
        responses={201: FactorResetSerializer},
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """Ask for the end of a person's factors, having seen who they are; another one decides."""
        asked = FactorResetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = factor_resets.request(
            user_id=user_id, staff_id=staff_present(request).pk, now=now(), **asked.validated_data
        )
        return Response(FactorResetSerializer(made).data, status=201)


class FactorResetsView(APIView):
    """Resets that wait."""

    permission_classes = _ONLY_STAFF

    @extend_schema(operation_id="auth_factor_resets", responses=FactorResetsSerializer)
    def get(self, request: Request) -> Response:
        """List what waits for a decision."""
        staffing.must(staff_present(request).pk, "users.reset_factors")
        found = factor_resets.waiting(now=now())
        return Response(FactorResetsSerializer({"items": found}).data)


class DecideFactorResetView(APIView):
    """One reset."""

    permission_classes = _ONLY_STAFF
    approved = False

    @extend_schema(request=None, responses=FactorResetSerializer)
    def post(self, request: Request, reset_id: UUID) -> Response:
        """Decide what somebody else has asked for. Approved, factors and sessions are over."""
        decided = factor_resets.decide(
            reset_id=reset_id,
            staff_id=staff_present(request).pk,
            approved=self.approved,
            now=now(),
        )
        return Response(FactorResetSerializer(decided).data)


class ImpersonationsView(APIView):
    """Staff who want to look, and whom they asked."""

    @extend_schema(operation_id="auth_impersonations", responses=ImpersonationsSerializer)
    def get(self, request: Request) -> Response:
        """List what one was asked, or has asked for as staff, newest first."""
        found = impersonations.concerning(user_id=caller(request).user_id, limit=_SHOWN)
        return Response(ImpersonationsSerializer({"items": found}).data)

    @extend_schema(
        operation_id="auth_impersonation_ask",
        request=ImpersonationRequestSerializer,
        responses={201: ImpersonationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask a customer, as staff, whether one may look at their things for a while."""
        asked = ImpersonationRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = impersonations.request(
            staff_id=staff_present(request).pk, now=now(), **asked.validated_data
        )
        return Response(ImpersonationSerializer(made).data, status=201)


class DecideImpersonationView(APIView):
    """The person's answer."""

    approved = False

    @extend_schema(request=None, responses=ImpersonationSerializer)
    def post(self, request: Request, impersonation_id: UUID) -> Response:
        """Answer whether somebody of the bank may look at one's things."""
        decided = impersonations.decide(
            impersonation_id=impersonation_id,
            user_id=own_user_present(request).pk,
            approved=self.approved,
            now=now(),
        )
        return Response(ImpersonationSerializer(decided).data)


class EndImpersonationView(APIView):
    """The end of it."""

    @extend_schema(
        operation_id="auth_impersonation_end",
        request=None,
        responses={200: ImpersonationSerializer},
    )
    def post(self, request: Request, impersonation_id: UUID) -> Response:
        """End it, as the person or as whoever looks: at once, for every token of it."""
        ended = impersonations.end(
            impersonation_id=impersonation_id, caller_id=caller(request).user_id, now=now()
        )
        return Response(ImpersonationSerializer(ended).data)


class ImpersonationTokenView(APIView):
    """What whoever was let looks with."""

    permission_classes = _ONLY_STAFF

    @extend_schema(
        operation_id="auth_impersonation_token",
        request=None,
        responses={200: FreshAccessSerializer, 404: OpenApiResponse(description="Not agreed to.")},
    )
    def post(self, request: Request, impersonation_id: UUID) -> Response:
        """Get a token that reads what the person sees, changes nothing, and says who looks."""
        access, expires_in = impersonations.token(
            impersonation_id=impersonation_id, staff_id=staff_present(request).pk, now=now()
        )
        shown = {"access": access, "expires_in": expires_in}
        return Response(FreshAccessSerializer(shown).data)
