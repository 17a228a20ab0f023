"""Where the issuer of cards tells by itself what became of them: signed, kept, then answered."""

from typing import Any, Final

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.adapters.vaults import issuer_keys
from apps.accounts.adapters.vaults.signed import NotSignedError, check
from apps.accounts.services import issuer_events
from vortex.clock import now
from vortex.errors import NotFound, Unauthenticated
from vortex.http.fields import TextField
from vortex.http.refusals import BodyTooLarge

_MOST_BYTES: Final = 256 * 1024
_LONGEST_ID: Final = 255
_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


class IssuerEventsNotExpected(
    NotFound, code="issuer_events_not_expected", title="No issuer speaks here"
):
    """The bank's cards are of a vault of its own, or nobody has agreed on a secret."""


class IssuerEventNotSigned(
    Unauthenticated, code="issuer_event_not_signed", title="Not the issuer's"
):
    """The event is not signed with the agreed secret, or not within five minutes of now."""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Paid",
            value={
                "event_type": "card_transaction.updated",
                "token": "764fa5a3-2371-40f0-8cbb-9a2e1230d955",
                "card_token": "00071934-536c-4af8-a997-2c39bd6c012d",
                "status": "SETTLED",
                "result": "APPROVED",
                "created": "2026-11-25T10:00:00Z",
                "amounts": {
                    "hold": {"amount": 0, "currency": "EUR"},
                    "settlement": {"amount": 1234, "currency": "EUR"},
                },
                "merchant": {"descriptor": "BAKERY BERLIN"},
            },
            request_only=True,
        )
    ]
)
class IssuerEventSerializer(serializers.Serializer[Any]):
    """An event as Lithic sends it: its kind, and beside it the fields of what it is about."""

    event_type = TextField(help_text="Kinds that mean nothing here are kept and answered alike.")


class IssuerEventsView(APIView):
    """The ear for the issuer of cards."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="accounts_cards_issuer_events",
        auth=[],
        parameters=[
            OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True) for name in _HEADERS
        ],
        request=IssuerEventSerializer,
        responses={204: OpenApiResponse(description="It is kept; it need not be sent again.")},
    )
    def post(self, request: Request) -> Response:
        """Take an event of the issuer's, signed as Standard Webhooks says (`v1`).

        It counts once by its `webhook-id`. What cannot be done, or is not understood, is kept and
        answered all the same: sending it again would change nothing.
        """
        event_id, timestamp, signatures = (request.headers.get(name, "") for name in _HEADERS)
        if not (0 < len(event_id) <= _LONGEST_ID and timestamp and signatures):
            raise IssuerEventNotSigned
        keys = issuer_keys()
        if not keys:
            raise IssuerEventsNotExpected
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            raise BodyTooLarge(limit_bytes=_MOST_BYTES)
        body, at = request.body, now()
        try:
            check(body, keys=keys, said=(event_id, timestamp, signatures), at=at)
        except NotSignedError:
            raise IssuerEventNotSigned from None
        issuer_events.take_in(event_id=event_id, body=body, at=at)
        return Response(status=204)
