"""HTTP of auth: signing up, in and out, and one's own profile."""

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth import selectors
from apps.auth.api import carriers
from apps.auth.api.edge import PublicView, device_of
from apps.auth.api.serializers import (
    ProfileSerializer,
    RefreshSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    SignInSerializer,
    TicketSerializer,
    TokensSerializer,
)
from apps.auth.api.trust import trust_of
from apps.auth.domain.email import canonical_email
from apps.auth.services import impersonations, keys, registration, sessions, signing_in
from vortex.clock import now
from vortex.identity.authentication import caller
from vortex.ids import new_id
from vortex.realtime import issue_ticket
from vortex.realtime.tickets import LIFETIME_SECONDS


class RegisterView(PublicView):
    """Becoming a customer."""

    throttle_scope = "sign_up"

    @extend_schema(
        operation_id="auth_register",
        request=RegistrationSerializer,
        responses={201: RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        """Register.

        The answer does not tell whether somebody was registered with this address before: sign in
        to find out whether you were. Nobody is signed in by registering.
        """
        asked = RegistrationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        registration.register_customer(
            user_id=new_id(), registered_at=now(), **asked.validated_data
        )
        email = canonical_email(asked.validated_data["email"])
        return Response(RegisteredSerializer({"email": email}).data, status=201)


class SignInView(PublicView):
    """Opening a session."""

    throttle_scope = "sign_in"

    @extend_schema(
        operation_id="auth_login",
        request=SignInSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Sign in.

        After ten wrong passwords an account waits for half an hour, whoever tries. Whoever has a
        second factor is refused with `mfa_required` and goes on at POST /api/auth/mfa/verify.
        """
        carriers.wants_cookie(request)  # refused before anything is done
        asked = SignInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tokens = signing_in.sign_in(
            device=device_of(request),
            trusted=trust_of(request),
            now=now(),
            **asked.validated_data,
        )
        return carriers.given(request, tokens)


class RefreshView(PublicView):
    """Keeping a session."""

    throttle_scope = "refresh"

    @extend_schema(
        operation_id="auth_refresh",
        request=RefreshSerializer,
        responses=TokensSerializer,
        parameters=[carriers.TRANSPORT],
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for the next pair.

        A refresh token is good once. Sent again within 30 seconds, because the answer was lost, it
        gives the same successor; later it ends the session, because somebody else may hold it.
        A page that keeps it in the cookie sends an empty body and `X-Token-Transport: cookie`.
        """
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        token = carriers.taken(request, asked.validated_data["refresh"])
        return carriers.given(request, sessions.refresh(token=token, now=now()))


class SignOutView(APIView):
    """Ending the session of the token that is sent."""

    @extend_schema(
        operation_id="auth_logout",
        request=None,
        responses={204: OpenApiResponse(description="Signed out.")},
    )
    def post(self, request: Request) -> Response:
        """Sign out.

        Every token of the session is dead at once, its sockets are closed, and a browser drops the
        cookie of its refresh token.
        """
        own = selectors.session_of_user(
            session_id=caller(request).session_id, user_id=caller(request).user_id
        )
        sessions.revoke_session(session_id=own.pk, reason="signed_out", now=now())
        return carriers.forget(Response(status=204))


class ProfileView(APIView):
    """The caller's own profile."""

    scope = "self:read"  # what staff look with has it, and nothing that programs are given

    @extend_schema(operation_id="auth_profile_read", responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        """Read one's own profile."""
        principal = caller(request)
        looks = principal.session_id if principal.actor_id else None
        shown = {"impersonation": impersonations.banner(impersonation_id=looks)}
        own = selectors.user(user_id=principal.user_id)
        return Response(ProfileSerializer(own, context=shown).data)

    @extend_schema(
        operation_id="auth_profile_replace", request=ProfileSerializer, responses=ProfileSerializer
    )
    def put(self, request: Request) -> Response:
        """Replace what one may change of one's own profile: the name."""
        return self._change(request, partial=False)

    @extend_schema(
        operation_id="auth_profile_change", request=ProfileSerializer, responses=ProfileSerializer
    )
    def patch(self, request: Request) -> Response:
        """Change some of what one may change of one's own profile."""
        return self._change(request, partial=True)

    def _change(self, request: Request, *, partial: bool) -> Response:
        user = selectors.user(user_id=caller(request).user_id)
        asked = ProfileSerializer(user, data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        changed = registration.change_profile(
            user_id=user.pk,
            full_name=asked.validated_data.get("full_name", user.full_name),
            changed_at=now(),
        )
        return Response(ProfileSerializer(changed).data)


class TicketView(APIView):
    """A ticket for the live socket, so that no token stands in an address."""

    @extend_schema(operation_id="auth_ws_ticket", request=None, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """Get a ticket for one live connection."""
        principal = caller(request)
        own = selectors.session_of_user(session_id=principal.session_id, user_id=principal.user_id)
        ticket = issue_ticket(principal, own.expires_at)
        body = {"ticket": ticket, "expires_in": LIFETIME_SECONDS}
        return Response(TicketSerializer(body).data, status=201)


def jwks(request: HttpRequest) -> HttpResponse:
    """Serve the public keys of access tokens (RFC 7517), so that anybody can verify them."""
    del request
    body = keys.verification_jwks(now=now())
    answer = HttpResponse(body, content_type="application/jwk-set+json")
    answer["Cache-Control"] = "public, max-age=300"
    return answer
