"""How our serializer fields are described in the OpenAPI document."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema
    from drf_spectacular.utils import Direction


class MoneyExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Money is a component of its own, and one of another name where it must be more than zero."""

    target_class = "vortex.http.fields.MoneyField"

    def map_serializer_field(
        self, auto_schema: "AutoSchema", direction: "Direction"
    ) -> dict[str, Any]:
        """Return a reference to the component."""
        positive = direction == "request" and self.target.positive
        name = "PositiveMoney" if positive else "Money"
        pattern = r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?$"
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name,
            type=ResolvedComponent.SCHEMA,
            object=name,
            schema={
                "type": "object",
                "description": "An amount in decimals, as a text, and its ISO 4217 currency.",
                "required": ["amount", "currency"],
                "additionalProperties": False,
                "properties": {
                    "amount": {
                        "type": "string",
                        "pattern": ("^(?=.*[1-9])" if positive else "^-?") + pattern,
                        "description": "With no more decimals than the currency has.",
                        "example": "12.34",
                    },
                    "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
                },
                "example": {"amount": "12.34", "currency": "EUR"},
            },
        )
        auto_schema.registry.register_on_missing(component)
        return component.ref
