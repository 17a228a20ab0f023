"""HTTP of sessions: where one is signed in, and how one stops to be."""

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth import selectors
from apps.auth.api import carriers
from apps.auth.api.credential_serializers import HistorySerializer, SessionsSerializer
from apps.auth.services import sessions
from vortex.clock import now
from vortex.identity.authentication import caller

_DONE = {204: OpenApiResponse(description="Signed out there.")}
_SHOWN = 100


class SessionsView(APIView):
    """Where the caller is signed in."""

    @extend_schema(operation_id="auth_sessions", responses=SessionsSerializer)
    def get(self, request: Request) -> Response:
        """List one's own sessions, the one used last first."""
        principal = caller(request)
        found = selectors.sessions_of(user_id=principal.user_id, now=now())
        shown = SessionsSerializer({"items": found}, context={"current": principal.session_id})
        return Response(shown.data)


class SessionView(APIView):
    """One session of the caller."""

    @extend_schema(operation_id="auth_session_revoke", responses=_DONE)
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign out there: its tokens are dead at once and its sockets are closed."""
        own = selectors.session_of_user(session_id=session_id, user_id=caller(request).user_id)
        sessions.revoke_session(session_id=own.pk, reason="signed_out", now=now())
        return Response(status=204)


class SignOutOthersView(APIView):
    """Every session but this one."""

    @extend_schema(operation_id="auth_logout_others", request=None, responses=_DONE)
    def post(self, request: Request) -> Response:
        """Sign out everywhere else."""
        principal = caller(request)
        sessions.revoke_all(
            user_id=principal.user_id,
            reason="signed_out",
            now=now(),
            keep=principal.session_id,
        )
        return Response(status=204)


class SignOutEverywhereView(APIView):
    """Every session."""

    @extend_schema(operation_id="auth_logout_all", request=None, responses=_DONE)
    def post(self, request: Request) -> Response:
        """Sign out everywhere, here too."""
        sessions.revoke_all(user_id=caller(request).user_id, reason="signed_out", now=now())
        return carriers.forget(Response(status=204))


class SignInHistoryView(APIView):
    """When and where the caller signed in."""

    @extend_schema(operation_id="auth_login_history", responses=HistorySerializer)
    def get(self, request: Request) -> Response:
        """List one's latest sign-ins, newest first, at most a hundred."""
        found = selectors.sign_ins_of(user_id=caller(request).user_id, limit=_SHOWN)
        return Response(HistorySerializer({"items": found}).data)
