"""What staff and the people they help read and write over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.auth.models import FactorReset, Impersonation
from apps.auth.services.factor_resets import PROOFS
from apps.auth.services.impersonations import LONGEST_MINUTES
from vortex.http.fields import IdField, TextField

_WHY = "Called from the number on file, knew the last three payments."


@extend_schema_serializer(
    examples=[OpenApiExample("Why", value={"reason": _WHY}, request_only=True)]
)
class ReasonSerializer(serializers.Serializer[Any]):
    """Why it is done; whoever reads the record later wants to know."""

    reason = TextField(max_length=500)


class PersonSerializer(serializers.Serializer[Any]):
    """Whom it was done to, and whether they may sign in."""

    id = IdField()
    is_active = serializers.BooleanField()


@extend_schema_serializer(
    examples=[OpenApiExample("Seen", value={"proof": "in_person", "note": _WHY}, request_only=True)]
)
class FactorResetSerializer(serializers.ModelSerializer[FactorReset]):
    """The end of a person's lost factors, asked for by one and decided by another."""

    proof = serializers.ChoiceField(choices=[(name, name) for name in PROOFS])
    note = TextField(max_length=500)

    class Meta:
        model = FactorReset
        fields = [
            *("id", "user", "requested_by", "proof", "note", "requested_at", "expires_at"),
            *("state", "decided_by", "decided_at"),
        ]
        read_only_fields = [
            *("id", "user", "requested_by", "requested_at", "expires_at"),
            *("state", "decided_by", "decided_at"),
        ]


class FactorResetsSerializer(serializers.Serializer[Any]):
    """What waits for a decision, the oldest first."""

    items = FactorResetSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A quarter of an hour",
            value={
                "user_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "reason": "To see why the statement looks wrong.",
                "minutes": 15,
            },
            request_only=True,
        )
    ]
)
class ImpersonationRequestSerializer(serializers.Serializer[Any]):
    """Whose things somebody of the bank wants to look at, why and for how long."""

    user_id = IdField()
    reason = TextField(max_length=500)
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES)


class ImpersonationSerializer(serializers.ModelSerializer[Impersonation]):
    """A request of somebody of the bank, and what became of it."""

    staff_name = TextField(source="staff.full_name", read_only=True)

    class Meta:
        model = Impersonation
        fields = [
            *("id", "user", "staff", "staff_name", "reason", "minutes", "state"),
            *("requested_at", "decided_at", "until_at", "ended_at"),
        ]


class ImpersonationsSerializer(serializers.Serializer[Any]):
    """What the caller was asked, or has asked for, newest first."""

    items = ImpersonationSerializer(many=True)
