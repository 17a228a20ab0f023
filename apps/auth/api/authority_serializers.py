"""What auth reads and writes over HTTP about roles and keys of programs."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.domain.names import LONGEST_LABEL
from apps.auth.models import ApiKey
from vortex.http.fields import TextField

_YEAR = 365


@extend_schema_serializer(
    examples=[OpenApiExample("An agent", value={"roles": ["support_agent"]}, request_only=True)]
)
class RolesSerializer(serializers.Serializer[Any]):
    """All roles of a person."""

    roles = serializers.ListField(child=TextField(max_length=32), max_length=10)


class PermissionsSerializer(serializers.Serializer[Any]):
    """Which role may do what, and to whose things: `own` or `any`."""

    permissions = serializers.DictField(child=serializers.DictField(child=TextField()))
    scopes = serializers.ListField(child=TextField())


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key of a program, without its secret."""

    scopes = serializers.ListField(child=TextField())

    class Meta:
        model = ApiKey
        fields = ["id", "name", "scopes", "created_at", "expires_at", "last_used_at"]


class ApiKeysSerializer(serializers.Serializer[Any]):
    """All keys of the caller that work."""

    items = ApiKeySerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A program that reads",
            value={
                "name": "Bookkeeping",
                "scopes": ["accounts:read", "transactions:read"],
                "expires_in_days": 90,
            },
            request_only=True,
        )
    ]
)
class NewApiKeySerializer(serializers.Serializer[Any]):
    """A key to be made."""

    name = TextField(max_length=LONGEST_LABEL)
    scopes = serializers.ListField(child=TextField(max_length=40), max_length=40)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=_YEAR)


class MadeApiKeySerializer(ApiKeySerializer):
    """A key with its secret, shown once."""

    key = TextField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


@extend_schema_serializer(
    examples=[OpenApiExample("A key", value={"key": "vxk_…"}, request_only=True)]
)
class KeySerializer(serializers.Serializer[Any]):
    """A key of a program."""

    key = TextField(max_length=128, write_only=True)


class ExportSerializer(serializers.Serializer[Any]):
    """Everything that auth knows about the caller."""

    exported_at = serializers.DateTimeField()
    profile = serializers.DictField()
    second_factors = serializers.ListField(child=TextField())
    passkeys = serializers.ListField(child=serializers.DictField())
    consents = serializers.ListField(child=serializers.DictField())
    sessions = serializers.ListField(child=serializers.DictField())
    email_changes = serializers.ListField(child=serializers.DictField())
    external_identities = serializers.ListField(child=serializers.DictField())
    api_keys = serializers.ListField(child=serializers.DictField())
