"""What auth reads and writes over HTTP about telephone numbers and codes by SMS."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.domain import phones
from apps.auth.models import Phone
from vortex.http.fields import IdField, TextField

_A_CHALLENGE = "0199b3a05f3e7c8e9d5e3f1d9d1f0a11.5XG0jvTgQ9TtT0b6t0yQH2bq0i2mYwzX3uJr9M1n0aE"


class PhoneSerializer(serializers.Serializer[Phone]):
    """The caller's telephone number, which they have proved; `number` is empty where none is."""

    number = TextField(help_text="In E.164, such as +491713920042.")
    verified_at = serializers.DateTimeField(allow_null=True)
    signs_in = serializers.BooleanField(help_text="Whether a code by SMS signs in.")
    rests_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the number, which is new, does not sign in."
    )

    def to_representation(self, instance: Phone | None) -> dict[str, Any]:
        """Show a number, or that there is none."""
        return {
            "number": instance.number if instance else "",
            "verified_at": instance.verified_at if instance else None,
            "signs_in": bool(instance and instance.signs_in_since),
            "rests_until": instance.rests_until if instance else None,
        }


@extend_schema_serializer(
    examples=[OpenApiExample("A number", value={"number": "+49 171 3920042"}, request_only=True)]
)
class NewPhoneSerializer(serializers.Serializer[Any]):
    """A telephone number, with the code of its country."""

    number = TextField(max_length=phones.LONGEST)


class SmsSentSerializer(serializers.Serializer[Any]):
    """An SMS that is on its way."""

    id = IdField(help_text="Names the change of the number that the code proves.")
    sent_to = TextField(help_text="The last digits of the number.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


@extend_schema_serializer(
    examples=[OpenApiExample("From the SMS", value={"code": "123456"}, request_only=True)]
)
class PhoneCodeSerializer(serializers.Serializer[Any]):
    """The code of an SMS."""

    code = TextField(max_length=16, write_only=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Switched on", value={"signs_in": True, "risks_accepted": True}, request_only=True
        )
    ]
)
class SmsSwitchSerializer(serializers.Serializer[Any]):
    """Whether a code by SMS signs in."""

    signs_in = serializers.BooleanField()
    risks_accepted = serializers.BooleanField(
        default=False, help_text="That the person has been told of the risks, and wants it."
    )


class SwitchedSerializer(serializers.Serializer[Any]):
    """The number as it stands; recovery codes, shown once, where SMS is the first factor."""

    number = TextField()
    verified_at = serializers.DateTimeField(allow_null=True)
    signs_in = serializers.BooleanField()
    rests_until = serializers.DateTimeField(allow_null=True)
    recovery_codes = serializers.ListField(child=TextField())


@extend_schema_serializer(
    examples=[
        OpenApiExample("Half signed in", value={"challenge": _A_CHALLENGE}, request_only=True)
    ]
)
class QuestionOfSmsSerializer(serializers.Serializer[Any]):
    """The challenge that signing in was refused with."""

    challenge = TextField(max_length=200)
