"""What auth reads and writes over HTTP. Roles are shown and never taken from a caller."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from apps.auth.api.fields import PasswordField
from apps.auth.domain import email, names, passwords
from apps.auth.domain.phones import masked
from apps.auth.models import Impersonation, User
from apps.auth.selectors import phone_of
from vortex.http.fields import TextField


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A customer of the demonstration bank",
            value={"email": "customer1@example.com", "password": passwords.DEMONSTRATION},
            request_only=True,
        )
    ]
)
class SignInSerializer(serializers.Serializer[Any]):
    """Proof of who is calling."""

    email = TextField(max_length=email.LONGEST)
    password = PasswordField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Somebody new",
            value={
                "email": "ada@example.com",
                "password": "correct horse battery",
                "full_name": "Ada Lovelace",
            },
            request_only=True,
        )
    ]
)
class RegistrationSerializer(serializers.Serializer[Any]):
    """What somebody says of themselves to become a customer."""

    email = TextField(max_length=email.LONGEST)
    password = PasswordField(
        allow_null=True,
        help_text=(
            f"{passwords.SHORTEST} to {passwords.LONGEST} characters, any characters; null for"
            " none: then a code by mail opens, and a passkey once one is made."
        ),
    )
    full_name = TextField(max_length=names.LONGEST, trim_whitespace=False)


class RegisteredSerializer(serializers.Serializer[Any]):
    """The same answer whether or not the address was free."""

    email = TextField(help_text="The address in the one spelling that is kept.")


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token that has not been used; left out where it is in the cookie."""

    refresh = TextField(max_length=4096, required=False, default="")


class TokensSerializer(serializers.Serializer[Any]):
    """A pair of tokens of one session."""

    access = TextField(help_text="Send as `Authorization: Bearer <access>`.")
    refresh = TextField(
        help_text="Exchange once, at POST /api/auth/refresh. Empty where it is in the cookie."
    )
    token_type = TextField(default="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")


class LookingSerializer(serializers.ModelSerializer[Impersonation]):
    """Somebody of the bank who sees what the person sees, with their consent."""

    staff_name = TextField(source="staff.full_name", read_only=True)

    class Meta:
        model = Impersonation
        fields = ["id", "staff_name", "reason", "until_at"]


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A person, as they see themselves."""

    full_name = TextField(max_length=names.LONGEST, trim_whitespace=False)
    roles = serializers.ListField(child=TextField(), read_only=True)
    phone = serializers.SerializerMethodField(
        help_text="The telephone number that was proved, in E.164; else empty."
    )
    impersonation = serializers.SerializerMethodField(
        help_text="Who of the bank looks with this token, to be shown all the while; else null."
    )

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "email_verified_at",
            "phone",
            "full_name",
            "roles",
            "created_at",
            "impersonation",
        ]
        read_only_fields = ["id", "email", "email_verified_at", "roles", "created_at"]

    def get_phone(self, user: User) -> str:
        """Return the number; only the end of it to whoever looks as this person."""
        phone = phone_of(user_id=user.pk)
        number = phone.number if phone else ""
        return masked(number) if self.context.get("impersonation") else number

    @extend_schema_field(LookingSerializer(allow_null=True))
    def get_impersonation(self, user: User) -> dict[str, Any] | None:
        """Say who looks."""
        del user
        looks = self.context.get("impersonation")
        return LookingSerializer(looks).data if looks else None


class TicketSerializer(serializers.Serializer[Any]):
    """What opens one socket."""

    ticket = TextField(help_text="Connect to `/ws?ticket=<ticket>`, once.")
    expires_in = serializers.IntegerField(help_text="Seconds within which to connect.")
