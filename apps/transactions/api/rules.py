"""Rules over HTTP: written, ordered, tried, sent through the past; only one's own."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.api.serializers import TransactionSerializer
from apps.transactions.domain.rules import (
    MOST_CONDITIONS,
    Condition,
    Field,
    Operator,
    Ruling,
)
from apps.transactions.models import Rule, RuleRun
from apps.transactions.services import ruling
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import FlagField, IdField, TextField
from vortex.identity.authentication import caller
from vortex.ids import new_id

_ID: Final = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01"


class ConditionSerializer(serializers.Serializer[Any]):
    """A field, how it is compared, and with what. Texts are compared without regard to case."""

    field = serializers.ChoiceField(choices=list(Field))
    operator = serializers.ChoiceField(choices=list(Operator))
    value = TextField(max_length=100, help_text="A whole number of cents for `amount_minor`.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Coffee",
            value={
                "name": "Coffee",
                "match": "all",
                "conditions": [
                    {"field": "counterparty", "operator": "contains", "value": "café"},
                    {"field": "amount_minor", "operator": "at_most", "value": "1000"},
                ],
                "category": "restaurants",
                "tags": ["coffee"],
            },
            request_only=True,
        )
    ]
)
class RuleSerializer(serializers.Serializer[Any]):
    """When a transaction looks so, file it so."""

    id = IdField(read_only=True)
    position = serializers.IntegerField(read_only=True, help_text="Rules run in this order.")
    name = TextField(max_length=80)
    enabled = FlagField(default=True)
    match = serializers.ChoiceField(choices=["all", "any"], default="all")
    conditions = serializers.ListField(
        child=ConditionSerializer(), min_length=1, max_length=MOST_CONDITIONS
    )
    category = TextField(max_length=40, allow_blank=True, default="")
    tags = serializers.ListField(child=TextField(max_length=40), max_length=10, default=list)
    note = TextField(max_length=200, allow_blank=True, default="")
    stops = FlagField(default=False, help_text="No later rule is asked.")

    def to_representation(self, instance: Rule) -> dict[str, Any]:
        """Return a rule as it was said."""
        return {
            "id": str(instance.id),
            "position": instance.position,
            "name": instance.name,
            "enabled": instance.is_enabled,
            "match": instance.match,
            "conditions": instance.conditions,
            "category": instance.category,
            "tags": instance.tags,
            "note": instance.note,
            "stops": instance.stops,
        }


class RulesSerializer(serializers.Serializer[Any]):
    """One's own rules, in the order in which they run."""

    items = RuleSerializer(many=True)


class RuleOrderSerializer(serializers.Serializer[Any]):
    """The order in which rules run; those that are not named come after."""

    ids = serializers.ListField(child=IdField(), max_length=ruling.MOST_RULES)


class RuleTriedSerializer(serializers.Serializer[Any]):
    """What a rule would file of the latest transactions."""

    seen = serializers.IntegerField(help_text="How many it was held against.")
    matched = serializers.IntegerField()
    items = TransactionSerializer(many=True, help_text="The latest 50 of them.")


class RuleRunSerializer(serializers.Serializer[RuleRun]):
    """A rule on its way through the past."""

    id = IdField()
    rule_id = IdField()
    state = serializers.ChoiceField(choices=["running", "done", "stopped"])
    seen = serializers.IntegerField()
    matched = serializers.IntegerField()
    filed = serializers.IntegerField(help_text="What one had filed by hand stays and is no part.")
    started_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class RulesView(APIView):
    """The caller's rules."""

    @extend_schema(responses=RulesSerializer)
    def get(self, request: Request) -> Response:
        """List one's own rules in the order in which they run."""
        return _listed(selectors.rules_of_owner(owner_id=caller(request).user_id))

    @extend_schema(request=RuleSerializer, responses={201: RuleSerializer})
    def post(self, request: Request) -> Response:
        """Write a rule down; it files what comes from now on."""
        said = _said(request)
        made = ruling.write(
            rule=_ruling(new_id(), said),
            owner_id=caller(request).user_id,
            name=said["name"],
            enabled=said["enabled"],
            at=now(),
        )
        return _tagged(request, Response(RuleSerializer(made).data, status=201), made)


class RuleOrderView(APIView):
    """The order of the caller's rules."""

    @extend_schema(request=RuleOrderSerializer, responses=RulesSerializer)
    def put(self, request: Request) -> Response:
        """Let rules run in another order."""
        asked = RuleOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _listed(
            ruling.order(rule_ids=asked.validated_data["ids"], owner_id=caller(request).user_id)
        )


class RuleView(APIView):
    """One of the caller's rules."""

    if_match = ("PUT",)

    @extend_schema(responses=RuleSerializer)
    def get(self, request: Request, rule_id: UUID) -> Response:
        """Read a rule."""
        found = selectors.rule_of_owner(rule_id=rule_id, owner_id=caller(request).user_id)
        return _tagged(request, Response(RuleSerializer(found).data), found)

    @extend_schema(request=RuleSerializer, responses=RuleSerializer)
    def put(self, request: Request, rule_id: UUID) -> Response:
        """Write a rule anew; what it has filed so far stays filed."""
        said, owner = _said(request), caller(request).user_id
        with unit_of_work("transactions"):
            require_match(request, _etag(ruling.locked(rule_id, owner)))
            made = ruling.rewrite(
                rule=_ruling(rule_id, said),
                owner_id=owner,
                name=said["name"],
                enabled=said["enabled"],
                at=now(),
            )
        return _tagged(request, Response(RuleSerializer(made).data), made)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, rule_id: UUID) -> HttpResponse:
        """Delete a rule; what it has filed stays filed."""
        ruling.remove(rule_id=rule_id, owner_id=caller(request).user_id)
        return HttpResponse(status=204)


class TryRuleView(APIView):
    """Trying a rule."""

    @extend_schema(request=None, responses=RuleTriedSerializer)
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Hold a rule against one's latest 2,000 transactions and change nothing."""
        owner = caller(request).user_id
        tried = ruling.tried(rule_id=rule_id, owner_id=owner)
        found = selectors.postings_by_id(posting_ids=tried.posting_ids, owner_id=owner)
        items = list(map(TransactionSerializer().to_representation, found))
        return Response({"seen": tried.seen, "matched": tried.matched, "items": items})


class ApplyRuleView(APIView):
    """Sending a rule through the past."""

    @extend_schema(request=None, responses={201: RuleRunSerializer})
    def post(self, request: Request, rule_id: UUID) -> Response:
        """File what is past as the rule says; a long past goes on by itself.

        What one has filed by hand stays. Asking while the rule runs is refused.
        """
        run = ruling.apply(
            run_id=new_id(), rule_id=rule_id, owner_id=caller(request).user_id, at=now()
        )
        answer = Response(RuleRunSerializer(run).data, status=201)
        answer["Location"] = f"{request.path.removesuffix('/apply')}/runs/{run.id}"
        return answer


class RuleRunView(APIView):
    """A rule on its way through the past."""

    @extend_schema(responses=RuleRunSerializer)
    def get(self, request: Request, rule_id: UUID, run_id: UUID) -> Response:
        """Read how far a rule has come."""
        found = selectors.rule_run_of_owner(
            run_id=run_id, rule_id=rule_id, owner_id=caller(request).user_id
        )
        return Response(RuleRunSerializer(found).data)


def _said(request: Request) -> dict[str, Any]:
    asked = RuleSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _ruling(rule_id: UUID, said: dict[str, Any]) -> Ruling:
    return Ruling(
        id=rule_id,
        conditions=tuple(
            Condition(Field(one["field"]), Operator(one["operator"]), one["value"])
            for one in said["conditions"]
        ),
        needs_all=said["match"] == "all",
        category=said["category"],
        tags=tuple(said["tags"]),
        note=said["note"],
        stops=said["stops"],
    )


def _listed(rules: list[Rule]) -> Response:
    return Response({"items": list(map(RuleSerializer().to_representation, rules))})


def _etag(rule: Rule) -> str:
    return etag_of(str(rule.id), rule.version)


def _tagged(request: Request, answer: Response, rule: Rule) -> Response:
    return tagged(request, answer, _etag(rule))
