"""HTTP of an account's alias: a name by which others find and pay it."""

from typing import Any
from uuid import UUID

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

from apps.accounts.api.own import own, seen
from apps.accounts.contracts import AliasNotFound
from apps.accounts.models import Alias
from apps.accounts.selectors.aliases import alias_of_account
from apps.accounts.services import aliases
from vortex.clock import now
from vortex.http.fields import TextField


@extend_schema_serializer(
    examples=[OpenApiExample("A name", value={"alias": "@ada.lovelace"}, request_only=True)]
)
class AliasWantedSerializer(serializers.Serializer[Any]):
    """The alias that an account is to have."""

    alias = TextField(
        max_length=32,
        help_text="3 to 24 letters a to z, digits, and dots or low lines between them.",
    )


class AliasSerializer(serializers.Serializer[Any]):
    """The alias of an account."""

    alias = TextField(help_text="With the sign @ in front.")
    claimed_at = serializers.DateTimeField()


class AliasView(APIView):
    """The alias of one account."""

    throttle_scope = "resolve"

    @extend_schema(operation_id="accounts_alias", responses=AliasSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """Read the alias of an account."""
        found = alias_of_account(account_id=seen(request, account_id).pk)
        if found is None:
            raise AliasNotFound(account_id=str(account_id))
        return Response(_shown(found))

    @extend_schema(
        operation_id="accounts_alias_claim",
        request=AliasWantedSerializer,
        responses=AliasSerializer,
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Give an account an alias, in the place of the one it has.

        Refused are words that speak for the bank, and what looks like somebody else's alias, or
        like one that somebody gave up in the last half year.
        """
        account = own(request, account_id)
        asked = AliasWantedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        claimed = aliases.claim(account_id=account.pk, text=asked.validated_data["alias"], at=now())
        return Response(_shown(claimed))

    @extend_schema(
        operation_id="accounts_alias_release",
        responses={204: OpenApiResponse(description="The account has no alias any more.")},
    )
    def delete(self, request: Request, account_id: UUID) -> Response:
        """Give up the alias of an account; nobody else gets it for half a year."""
        aliases.release(account_id=own(request, account_id).pk, at=now())
        return Response(status=204)


def _shown(alias: Alias) -> dict[str, Any]:
    return dict(AliasSerializer({"alias": str(alias), "claimed_at": alias.claimed_at}).data)
