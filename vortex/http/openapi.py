"""The OpenAPI document: one tag per context, one shape for every refusal, no warnings.

drf-spectacular reads the views; what they all have in common is added here and written nowhere
else.
"""

from collections.abc import Callable
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from vortex.http.headers import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, IF_MATCH
from vortex.http.problem import MEDIA_TYPE

Endpoint = tuple[str, str, str, Callable[..., Any]]

_IDEMPOTENCY_KEY: Final = OpenApiParameter(
    IDEMPOTENCY_KEY,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description=(
        "Fresh for every intention, the same for every retry of it. A retry gets the first answer"
        f" again, with the header `{IDEMPOTENCY_REPLAYED}: true`."
    ),
    examples=[OpenApiExample("A UUID", value="0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11")],
)
_IF_MATCH: Final = OpenApiParameter(
    IF_MATCH,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The `ETag` that was read with the object.",
)

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A refusal (RFC 9457). Facts of the refusal stand beside these members.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "example": "/problems/not_found"},
        "title": {"type": "string", "example": "Not found"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "example": 404},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stays for ever.", "example": "not_found"},
        "instance": {"type": "string", "format": "uri-reference"},
        "trace_id": {"type": "string", "description": "Tell it to support."},
        "retry_after": {"type": "integer", "description": "Seconds to wait before a retry."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemPart"}},
    },
    "additionalProperties": True,
}
PROBLEM_PART: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What is wrong with one place of the request.",
    "required": ["code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "A JSON pointer (RFC 6901) into the body."},
        "parameter": {"type": "string", "description": "The name of a query parameter."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


class ContextSchema(AutoSchema):
    """Describes an operation of any context.

    A view may say `if_match = ("PUT", "PATCH")` for the methods that demand an entity tag.
    """

    def get_tags(self) -> list[str]:
        """Return the context that the view belongs to; the bank's own pages are `operations`."""
        parts = type(self.view).__module__.split(".")
        return [parts[1]] if parts[0] == "apps" else ["operations"]

    def get_operation_id(self) -> str:
        """Return a name that is the address and the method, and so can never be another's."""
        parts = [
            f"by_{part.strip('{}')}" if part.startswith("{") else part.replace("-", "_")
            for part in self.path.removeprefix("/api/").split("/")
        ]
        return "_".join([*parts, self.method.lower()])

    def get_override_parameters(self) -> list[Any]:
        """Return the headers that the view demands."""
        found: list[Any] = list(super().get_override_parameters())
        if self.method in getattr(self.view, "idempotent_methods", ()):
            found.append(_IDEMPOTENCY_KEY)
        if self.method in getattr(self.view, "if_match", ()):
            found.append(_IF_MATCH)
        return found

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation with the one answer that every operation may give: a problem."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for name, schema in (("ProblemPart", PROBLEM_PART), ("Problem", PROBLEM)):
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name
            )
            self.registry.register_on_missing(component)
        operation["responses"]["default"] = {
            "description": "A refusal; `code` says which, `/problems/{code}` what to do about it.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        return operation


def page_of(serializer: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the schema of a page of these rows, for a view that pages by itself.

    `@extend_schema(responses=page_of(EntryOut), parameters=PARAMETERS)`, with the parameters of
    vortex.http.pagination.
    """
    from drf_spectacular.utils import inline_serializer

    name = serializer.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}Page",
        {
            "items": serializer(many=True),
            "next_cursor": serializers.CharField(
                allow_null=True, help_text="Where the next page begins; null on the last."
            ),
        },
    )


def only_api(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Keep the addresses of the contexts, once: neither their alias nor what services say."""
    return [
        endpoint
        for endpoint in endpoints
        if endpoint[0].startswith("/api/") and not endpoint[0].startswith("/api/v1/")
    ]
