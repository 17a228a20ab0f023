"""HTTP of authority: roles of people, keys of programs, and what is known about oneself."""

from datetime import timedelta
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.api.authority_serializers import (
    ApiKeySerializer,
    ApiKeysSerializer,
    ExportSerializer,
    KeySerializer,
    MadeApiKeySerializer,
    NewApiKeySerializer,
    PermissionsSerializer,
    RolesSerializer,
)
from apps.auth.api.edge import PublicView, own_user_present, own_verified_user_present
from apps.auth.api.factor_serializers import FreshAccessSerializer
from apps.auth.domain.permissions import PERMISSIONS, SCOPES
from apps.auth.services import api_keys, authority, erasure
from vortex.clock import now
from vortex.contracts import STAFF_ROLES
from vortex.identity.authentication import caller
from vortex.identity.permissions import RequiresRole

_DONE = {204: OpenApiResponse(description="Done.")}


class RolesView(APIView):
    """The table of roles."""

    permission_classes = (RequiresRole(*STAFF_ROLES),)

    @extend_schema(operation_id="auth_roles", responses=PermissionsSerializer)
    def get(self, request: Request) -> Response:
        """Read which role may do what."""
        del request
        shown = {"permissions": PERMISSIONS, "scopes": SCOPES}
        return Response(PermissionsSerializer(shown).data)


class UserRolesView(APIView):
    """The roles of one person."""

    permission_classes = (RequiresRole("administrator"),)

    @extend_schema(
        operation_id="auth_user_roles", request=RolesSerializer, responses=RolesSerializer
    )
    def put(self, request: Request, user_id: UUID) -> Response:
        """Give somebody these roles and no others; their sessions end."""
        asked = RolesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = authority.change_roles(
            user_id=user_id,
            roles=tuple(asked.validated_data["roles"]),
            changed_by=own_user_present(request).pk,
            now=now(),
        )
        return Response(RolesSerializer({"roles": changed.roles}).data)


class ApiKeysView(APIView):
    """The caller's keys for programs."""

    @extend_schema(operation_id="auth_api_keys", responses=ApiKeysSerializer)
    def get(self, request: Request) -> Response:
        """List one's own keys."""
        found = api_keys.keys_of(user_id=caller(request).user_id, now=now())
        return Response(ApiKeysSerializer({"items": found}).data)

    @extend_schema(
        operation_id="auth_api_key_create",
        request=NewApiKeySerializer,
        responses={201: MadeApiKeySerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a key for a program; it is shown once."""
        asked = NewApiKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key, secret = api_keys.create(
            user=own_verified_user_present(request),
            name=asked.validated_data["name"],
            scopes=tuple(asked.validated_data["scopes"]),
            lives=timedelta(days=asked.validated_data["expires_in_days"]),
            now=now(),
        )
        return Response({**ApiKeySerializer(key).data, "key": secret}, status=201)


class ApiKeyView(APIView):
    """One key."""

    @extend_schema(operation_id="auth_api_key_revoke", responses=_DONE)
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke a key; its tokens are dead at once."""
        api_keys.revoke(key_id=key_id, user_id=caller(request).user_id, now=now())
        return Response(status=204)


class ApiKeyTokenView(PublicView):
    """A program as it begins its work."""

    throttle_scope = "refresh"

    @extend_schema(
        operation_id="auth_api_key_token", request=KeySerializer, responses=FreshAccessSerializer
    )
    def post(self, request: Request) -> Response:
        """Exchange a key for an access token that carries the key's scopes."""
        asked = KeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        access, expires_in = api_keys.exchange(secret=asked.validated_data["key"], now=now())
        shown = {"access": access, "expires_in": expires_in}
        return Response(FreshAccessSerializer(shown).data)


class ExportView(APIView):
    """What auth knows."""

    @extend_schema(operation_id="auth_user_export", request=None, responses=ExportSerializer)
    def post(self, request: Request) -> Response:
        """Get everything that auth knows about oneself."""
        found = erasure.export(user_id=own_user_present(request).pk, now=now())
        return Response(ExportSerializer(found).data)


class ErasureView(APIView):
    """The end of it."""

    @extend_schema(operation_id="auth_user_erase", responses=_DONE)
    def delete(self, request: Request) -> Response:
        """Be forgotten. Refused while there is an open account; the ledger keeps what it has."""
        erasure.erase(user_id=own_user_present(request).pk, now=now())
        return Response(status=204)
