"""What auth reads and writes over HTTP about addresses, passwords and sessions."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.adapters.agents import device_name
from apps.auth.api.fields import PasswordField
from apps.auth.domain import email
from apps.auth.models import Session
from vortex.http.fields import TextField

_A_TOKEN = "9mT0u1v0r1Yk3F0c1xq5b0oR0n1wZ2yQm6v8Xc4J7hE"  # noqa: S105 - an example


@extend_schema_serializer(
    examples=[OpenApiExample("An address", value={"email": "ada@example.com"}, request_only=True)]
)
class AddressSerializer(serializers.Serializer[Any]):
    """An e-mail address."""

    email = TextField(max_length=email.LONGEST)


@extend_schema_serializer(
    examples=[OpenApiExample("From the mail", value={"token": _A_TOKEN}, request_only=True)]
)
class LinkSerializer(serializers.Serializer[Any]):
    """What stands in the link of a mail."""

    token = TextField(max_length=128)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "From the mail",
            value={"token": _A_TOKEN, "password": "another long pass phrase"},
            request_only=True,
        )
    ]
)
class ResetSerializer(LinkSerializer):
    """A new password, by the link of a mail."""

    password = PasswordField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Another one",
            value={
                "current_password": "correct horse battery",
                "new_password": "another long pass phrase",
            },
            request_only=True,
        )
    ]
)
class PasswordChangeSerializer(serializers.Serializer[Any]):
    """The present password and the next."""

    current_password = PasswordField()
    new_password = PasswordField()


class CodeAskedSerializer(serializers.Serializer[Any]):
    """The same answer whether or not anybody has the address: what the code is shown with."""

    challenge = TextField(help_text="Send it back with the code of the mail.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "From the mail",
            value={
                "challenge": "0199b3a05f3e7c8e9d5e3f1d9d1f0a11.5XG0jvTgQ9TtT0b6t0yQH2bq0i2mYwzX3uJ",
                "code": "40718263",
            },
            request_only=True,
        )
    ]
)
class MailCodeSerializer(serializers.Serializer[Any]):
    """The code of a mail, and the question that it answers."""

    challenge = TextField(max_length=200)
    code = TextField(max_length=16, write_only=True)


class SessionSerializer(serializers.ModelSerializer[Session]):
    """A session of the caller."""

    is_current = serializers.SerializerMethodField(help_text="Whether it is the one that asks.")
    device = serializers.SerializerMethodField(help_text="`Firefox on Linux`, where known.")

    class Meta:
        model = Session
        fields = [
            "id",
            "is_current",
            "user_agent",
            "network",
            "device",
            "place",
            "amr",
            "created_at",
            "last_seen_at",
            "expires_at",
        ]
        read_only_fields = fields

    def get_is_current(self, session: Session) -> bool:
        """Say whether the session is the one that asks."""
        return bool(session.pk == self.context.get("current"))

    def get_device(self, session: Session) -> str:
        """Name the device."""
        return device_name(session.user_agent)


class SessionsSerializer(serializers.Serializer[Any]):
    """All sessions of the caller that go on."""

    items = SessionSerializer(many=True)


class SignInHistorySerializer(serializers.ModelSerializer[Session]):
    """A sign-in of the caller, whether or not its session goes on."""

    device = serializers.SerializerMethodField(help_text="`Firefox on Linux`, where known.")

    class Meta:
        model = Session
        fields = [
            "id",
            "user_agent",
            "network",
            "device",
            "place",
            "risk",
            "amr",
            "created_at",
            "revoked_at",
            "revoked_reason",
        ]
        read_only_fields = fields

    def get_device(self, session: Session) -> str:
        """Name the device."""
        return device_name(session.user_agent)


class HistorySerializer(serializers.Serializer[Any]):
    """The latest sign-ins of the caller, newest first."""

    items = SignInHistorySerializer(many=True)
