"""What the authorization server reads and writes beside its page (RFC 6749, 7009, 7662, OIDC)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.services.oauth.server import GRANTS
from vortex.http.fields import IdField, TextField

_A_CODE = "9mT0u1v0r1Yk3F0c1xq5b0oR0n1wZ2"


class ProgramSerializer(serializers.Serializer[Any]):
    """Which program it is, where it does not say so by HTTP Basic."""

    client_id = TextField(required=False, max_length=64)
    client_secret = TextField(required=False, max_length=128)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A code",
            value={
                "grant_type": "authorization_code",
                "code": _A_CODE,
                "redirect_uri": "https://books.example/callback",
                "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "client_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
            },
            request_only=True,
        )
    ]
)
class TokenRequestSerializer(ProgramSerializer):
    """A code or a refresh token that is exchanged."""

    grant_type = serializers.ChoiceField(choices=[(name, name) for name in GRANTS])
    code = TextField(required=False, max_length=128)
    device_code = TextField(required=False, max_length=128)
    redirect_uri = TextField(required=False, max_length=500)
    code_verifier = TextField(required=False, max_length=128)
    refresh_token = TextField(required=False, max_length=4096)
    scope = TextField(required=False, max_length=1000)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A television",
            value={
                "client_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "scope": "openid accounts:read",
            },
            request_only=True,
        )
    ]
)
class DeviceRequestSerializer(ProgramSerializer):
    """A device that has no keyboard to sign in with."""

    scope = TextField(max_length=1000)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "What stands in the address else",
            value={
                "client_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "response_type": "code",
                "redirect_uri": "https://books.example/callback",
                "scope": "openid accounts:read",
                "state": "af0ifjsldkj",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256",
            },
            request_only=True,
        )
    ]
)
class PushSerializer(ProgramSerializer):
    """What a program asks for, told directly."""

    response_type = TextField(max_length=40)
    redirect_uri = TextField(max_length=500)
    scope = TextField(max_length=1000)
    code_challenge = TextField(max_length=43)
    code_challenge_method = TextField(max_length=10)
    state = TextField(required=False, max_length=1000)
    nonce = TextField(required=False, max_length=255)


class PushedSerializer(serializers.Serializer[Any]):
    """What the browser carries instead, with the `client_id`."""

    request_uri = TextField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class DeviceAnswerSerializer(serializers.Serializer[Any]):
    """What a device keeps (`device_code`), and what it shows to its owner."""

    device_code = TextField()
    user_code = TextField()
    verification_uri = TextField()
    verification_uri_complete = TextField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    interval = serializers.IntegerField(help_text="Seconds to wait between two polls.")


class TokenAnswerSerializer(serializers.Serializer[Any]):
    """What a program acts by."""

    access_token = TextField()
    token_type = TextField()
    expires_in = serializers.IntegerField()
    scope = TextField()
    refresh_token = TextField()
    id_token = TextField(required=False)


class OAuthErrorSerializer(serializers.Serializer[Any]):
    """A refusal, as RFC 6749 words it."""

    error = TextField()
    error_description = TextField(required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A refresh token",
            value={"token": "eyJhbGciOiJFZERTQSJ9…", "token_type_hint": "refresh_token"},
            request_only=True,
        )
    ]
)
class OwnTokenSerializer(ProgramSerializer):
    """A token that the program was given."""

    token = TextField(max_length=8192)
    token_type_hint = TextField(required=False, max_length=40)


class IntrospectionSerializer(serializers.Serializer[Any]):
    """What a token of the asking program is worth now; of any other, `active` is false."""

    active = serializers.BooleanField()
    scope = TextField(required=False)
    client_id = TextField(required=False)
    sub = TextField(required=False)
    token_type = TextField(required=False)
    exp = serializers.IntegerField(required=False)
    iat = serializers.IntegerField(required=False)


class UserInfoSerializer(serializers.Serializer[Any]):
    """Who the person is, as far as they let the program know."""

    sub = TextField()
    name = TextField(required=False)
    email = TextField(required=False)
    email_verified = serializers.BooleanField(required=False)


class ConnectedAppSerializer(serializers.Serializer[Any]):
    """A program that the caller has let in, and what it may do."""

    client_id = IdField()
    name = TextField(source="client.name")
    homepage = TextField(source="client.homepage")
    scopes = serializers.ListField(child=TextField())
    connected_at = serializers.DateTimeField(source="created_at")
    last_used_at = serializers.DateTimeField(source="last_seen_at")


class ConnectedAppsSerializer(serializers.Serializer[Any]):
    """The programs that the caller has let in, the one used last first."""

    items = ConnectedAppSerializer(many=True)
