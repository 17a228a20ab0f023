"""HTTP of the products: what kinds of account there are, and what is agreed with each."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.conf import CURRENCIES, minimum_minor
from apps.accounts.contracts import Product
from apps.accounts.domain.cards import PRODUCTS
from vortex.http.fields import MoneyField, TextField
from vortex.http.openapi import page_of
from vortex.money import Money


class ProductTermsSerializer(serializers.Serializer[Any]):
    """What is agreed with a product in one currency."""

    currency = TextField()
    minimum = MoneyField(help_text="What a debit has to leave on the account.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A savings account",
            value={
                "product": "savings",
                "is_kept_here": True,
                "has_cards": False,
                "terms": [
                    {"currency": "EUR", "minimum": {"amount": "10.00", "currency": "EUR"}},
                ],
            },
            response_only=True,
        )
    ]
)
class ProductSerializer(serializers.Serializer[Any]):
    """A kind of account that one may open."""

    product = serializers.ChoiceField(choices=list(Product))
    is_kept_here = serializers.BooleanField(
        help_text="False for an account at another bank, which is only shown here."
    )
    has_cards = serializers.BooleanField(help_text="Virtual cards pay from it.")
    terms = ProductTermsSerializer(many=True)


class ProductsView(APIView):
    """The kinds of account."""

    @extend_schema(operation_id="accounts_products", responses=page_of(ProductSerializer))
    def get(self, request: Request) -> Response:
        """List what one may open, with what is agreed in each currency; all is on one page."""
        del request
        items = ProductSerializer([_shown(product) for product in Product], many=True).data
        return Response({"items": items, "next_cursor": None})


def _shown(product: Product) -> dict[str, Any]:
    return {
        "product": product,
        "is_kept_here": product is not Product.EXTERNAL,
        "has_cards": product in PRODUCTS,
        "terms": [
            {
                "currency": currency,
                "minimum": Money(minimum_minor(product.value, currency), currency),
            }
            for currency in CURRENCIES
        ],
    }
