"""HTTP of consents: what one is asked to agree to, what one decided, and deciding anew."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.auth.domain.consents import MEANING, VERSIONS
from apps.auth.models import Consent
from apps.auth.services import consents
from vortex.clock import now
from vortex.http.fields import FlagField, TextField
from vortex.identity.authentication import caller

_SHOWN = 200


class StandingConsentSerializer(serializers.Serializer[Any]):
    """What holds about a purpose; `granted` is about today's version."""

    purpose = serializers.ChoiceField(choices=[(name, name) for name in VERSIONS])
    meaning = serializers.SerializerMethodField()
    granted = serializers.BooleanField()
    version = TextField(help_text="The version to read and decide about now.")
    decided_version = TextField(help_text="The version that was decided about last, or empty.")
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_meaning(self, said: dict[str, Any]) -> str:
        """Say what it is about."""
        return MEANING[said["purpose"]]


class StandingConsentsSerializer(serializers.Serializer[Any]):
    """What holds about every purpose."""

    items = StandingConsentSerializer(many=True)


class DecisionSerializer(serializers.ModelSerializer[Consent]):
    """A decision that was made."""

    class Meta:
        model = Consent
        fields = ["purpose", "version", "granted", "decided_at"]


class DecisionsSerializer(serializers.Serializer[Any]):
    """The latest decisions, newest first."""

    items = DecisionSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample("A yes", value={"granted": True, "version": "2026-11"}, request_only=True)
    ]
)
class DecidingSerializer(serializers.Serializer[Any]):
    """A decision about the version that was read."""

    granted = FlagField()
    version = TextField(max_length=16)


class ConsentsView(APIView):
    """What one is asked to agree to."""

    @extend_schema(operation_id="auth_consents", responses=StandingConsentsSerializer)
    def get(self, request: Request) -> Response:
        """Read what holds: nothing is agreed to before one says yes."""
        found = consents.standings(user_id=caller(request).user_id)
        return Response(StandingConsentsSerializer({"items": [asdict(one) for one in found]}).data)


class ConsentHistoryView(APIView):
    """What one decided."""

    @extend_schema(operation_id="auth_consents_history", responses=DecisionsSerializer)
    def get(self, request: Request) -> Response:
        """List one's latest decisions, newest first, at most two hundred."""
        found = consents.history(user_id=caller(request).user_id, limit=_SHOWN)
        return Response(DecisionsSerializer({"items": found}).data)


class ConsentView(APIView):
    """One purpose."""

    @extend_schema(
        operation_id="auth_consent_decide",
        request=DecidingSerializer,
        responses=StandingConsentSerializer,
    )
    def put(self, request: Request, purpose: str) -> Response:
        """Agree, or agree no more. Another version than today's is refused with the one to read."""
        asked = DecidingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        found = consents.decide(
            user_id=caller(request).user_id,
            purpose=purpose,
            version=asked.validated_data["version"],
            granted=asked.validated_data["granted"],
            now=now(),
        )
        return Response(StandingConsentSerializer(asdict(found)).data)
