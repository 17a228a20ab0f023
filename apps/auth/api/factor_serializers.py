"""What auth reads and writes over HTTP about second factors, passkeys and questions."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.api.fields import AnswerSerializer
from apps.auth.domain.names import LONGEST_LABEL
from apps.auth.models import Passkey, TrustedBrowser
from vortex.http.fields import IdField, TextField

_A_CHALLENGE = "0199b3a05f3e7c8e9d5e3f1d9d1f0a11.5XG0jvTgQ9TtT0b6t0yQH2bq0i2mYwzX3uJr9M1n0aE"


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The code of an authenticator app",
            value={
                "challenge": _A_CHALLENGE,
                "method": "totp",
                "code": "123456",
                "trust_browser": True,
            },
            request_only=True,
        )
    ]
)
class SecondFactorSerializer(AnswerSerializer):
    """The second factor that signing in has asked for."""

    challenge = TextField(max_length=200)
    trust_browser = serializers.BooleanField(
        default=False, help_text="Do not ask again in this browser for 30 days."
    )


class MethodsSerializer(serializers.Serializer[Any]):
    """The second factors that the caller has."""

    methods = serializers.ListField(child=TextField())
    recovery_codes_left = serializers.IntegerField()


class EnrolmentSerializer(serializers.Serializer[Any]):
    """What an authenticator app is told, once."""

    secret = TextField(help_text="In base32, to be typed.")
    uri = TextField(help_text="otpauth://…, to be followed on a phone.")
    qr_svg = TextField(help_text="The same as a QR code, an SVG element.")


@extend_schema_serializer(
    examples=[OpenApiExample("The first code", value={"code": "123456"}, request_only=True)]
)
class CodeSerializer(serializers.Serializer[Any]):
    """A code of the authenticator app."""

    code = TextField(max_length=16, write_only=True)


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Recovery codes, shown once; each is good once."""

    recovery_codes = serializers.ListField(child=TextField())


class TrustedBrowserSerializer(serializers.ModelSerializer[TrustedBrowser]):
    """A browser in which no second factor is asked for."""

    class Meta:
        model = TrustedBrowser
        fields = ["id", "user_agent", "network", "created_at", "last_used_at", "expires_at"]
        read_only_fields = fields


class TrustedBrowsersSerializer(serializers.Serializer[Any]):
    """All trusted browsers of the caller."""

    items = TrustedBrowserSerializer(many=True)


class StepUpOptionsSerializer(serializers.Serializer[Any]):
    """A question, and how it may be answered."""

    challenge_id = IdField()
    methods = serializers.ListField(child=TextField())
    expires_at = serializers.DateTimeField()
    public_key = serializers.JSONField(
        allow_null=True, help_text="For `navigator.credentials.get`, where a passkey may answer."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A code",
            value={
                "challenge_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "method": "totp",
                "code": "123456",
            },
            request_only=True,
        )
    ]
)
class StepUpSerializer(AnswerSerializer):
    """The answer to a question."""

    challenge_id = IdField()


class FreshAccessSerializer(serializers.Serializer[Any]):
    """An access token of the same session, with a fresh `auth_time`."""

    access = TextField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class QuestionSerializer(StepUpOptionsSerializer):
    """What a person is asked to agree to."""

    state = TextField(help_text="pending, proved, used or void.")
    shown = serializers.DictField(
        child=TextField(), help_text="Amount, currency and payee: show all of them."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample("A code", value={"method": "totp", "code": "123456"}, request_only=True)
    ]
)
class AgreementSerializer(AnswerSerializer):
    """The answer to what was shown."""


class ProvedSerializer(serializers.Serializer[Any]):
    """The state of a question after the answer."""

    challenge_id = IdField()
    state = TextField()


class PasskeyOptionsSerializer(serializers.Serializer[Any]):
    """A question to an authenticator."""

    challenge = TextField(help_text="Send it back with the credential.")
    public_key = serializers.JSONField(help_text="For `PublicKeyCredential.parse…OptionsFromJSON`.")


class PasskeyResponseSerializer(serializers.Serializer[Any]):
    """What the browser returned: `PublicKeyCredential.toJSON()`."""

    challenge = TextField(max_length=200)
    credential = serializers.DictField()


class PasskeyRegistrationSerializer(PasskeyResponseSerializer):
    """A passkey that the browser has made, and what it is called."""

    name = TextField(max_length=LONGEST_LABEL)


class PasskeySerializer(serializers.ModelSerializer[Passkey]):
    """A passkey of the caller."""

    name = TextField(max_length=LONGEST_LABEL)

    class Meta:
        model = Passkey
        fields = ["id", "name", "is_synced", "created_at", "last_used_at"]
        read_only_fields = ["id", "is_synced", "created_at", "last_used_at"]


class PasskeysSerializer(serializers.Serializer[Any]):
    """All passkeys of the caller."""

    items = PasskeySerializer(many=True)


class PasskeySignalsSerializer(serializers.Serializer[Any]):
    """For `PublicKeyCredential.signalAllAcceptedCredentials` and `signalCurrentUserDetails`."""

    rp_id = TextField()
    user_id = TextField(help_text="In base64url.")
    name = TextField(help_text="The address, as passkeys show it.")
    display_name = TextField()
    all_accepted_credential_ids = serializers.ListField(
        child=TextField(),
        help_text="In base64url; every other passkey of the person opens nothing.",
    )


class RegisteredPasskeySerializer(PasskeySerializer):
    """A new passkey; with the first factor of all come recovery codes, shown once."""

    recovery_codes = serializers.ListField(child=TextField(), read_only=True)

    class Meta(PasskeySerializer.Meta):
        fields = [*PasskeySerializer.Meta.fields, "recovery_codes"]
