"""Fields that several of auth's forms share."""

from typing import Any

from rest_framework import serializers

from apps.auth.domain.challenges import METHODS, PASSKEY
from apps.auth.services.challenges import Answer

# What can be typed at all; what may be set is decided once the text is normalised.
LONGEST_PASSWORD = 1024


class PasswordField(serializers.CharField):
    """A password as it was typed: spaces at its ends belong to it, and it is never shown again."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            write_only=True,
            trim_whitespace=False,
            max_length=LONGEST_PASSWORD,
            style={"input_type": "password"},
            **kwargs,
        )


class AnswerSerializer(serializers.Serializer[Any]):
    """An answer by one of the offered methods: `code`, or `credential` where it is a passkey."""

    method = serializers.ChoiceField(choices=[(name, name) for name in METHODS])
    code = PasswordField(required=False, help_text="A code, or the password.")
    credential = serializers.JSONField(
        required=False, help_text="What the browser returned: `PublicKeyCredential.toJSON()`."
    )

    def answered(self) -> Answer:
        """Return what was answered; what is missing is a wrong answer, not a broken one."""
        said = self.validated_data
        credential = said.get("credential")
        return Answer(
            method=said["method"],
            code=str(said.get("code", "")) if said["method"] != PASSKEY else "",
            credential=credential if isinstance(credential, dict) else {},
        )
