"""HTTP of accounts at other banks: agreements, links and what they bring in."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.adapters.banks import banks
from apps.accounts.api.own import own
from apps.accounts.contracts import ConsentStatus, LinkStatus
from apps.accounts.models import Consent, Link
from apps.accounts.selectors import links as selectors
from apps.accounts.services import consenting, linking, unlinking
from vortex.clock import now
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.identity.authentication import caller
from vortex.money import Money

_LONGEST = 512


class BankSerializer(serializers.Serializer[Any]):
    """A bank whose accounts can be linked."""

    name = TextField()
    title = TextField()


class OfferedSerializer(serializers.Serializer[Any]):
    """An account at the other bank that the agreement covers."""

    external_account_id = serializers.CharField(source="external_id")
    currency = TextField()
    number = TextField(help_text="As the other bank shows it.")
    name = TextField()


@extend_schema_serializer(
    examples=[OpenApiExample("The sandbox", value={"bank": "sandbox"}, request_only=True)]
)
class BeginningSerializer(serializers.Serializer[Any]):
    """Which bank to agree with."""

    bank = TextField(max_length=40, help_text="A name of GET /api/accounts/banks.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Agreed", value={"state": "cXVpdGUgcmFuZG9t", "code": "b25lIHVzZQ"}, request_only=True
        ),
        OpenApiExample(
            "Not agreed",
            value={"state": "cXVpdGUgcmFuZG9t", "error": "access_denied"},
            request_only=True,
        ),
    ]
)
class CompletionSerializer(serializers.Serializer[Any]):
    """What the other bank sent the browser back with: a code, or an error."""

    state = TextField(max_length=_LONGEST)
    code = TextField(max_length=_LONGEST, required=False)
    error = TextField(max_length=_LONGEST, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if ("code" in attrs) == ("error" in attrs):
            raise serializers.ValidationError("either code or error")
        return attrs


class BankConsentSerializer(serializers.Serializer[Any]):
    """An agreement with another bank that we may read accounts there."""

    id = IdField(source="pk")
    bank = TextField()
    status = serializers.ChoiceField(choices=list(ConsentStatus))
    authorization_url = serializers.SerializerMethodField(
        help_text="Where to agree; empty once that was answered."
    )
    accounts = serializers.SerializerMethodField(help_text="What can be linked under it.")
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    def get_authorization_url(self, consent: Consent) -> str:
        """Return the address as long as there is something to answer."""
        waits = consent.status == ConsentStatus.AWAITING_AUTHORISATION
        return consent.authorization_url if waits else ""

    @extend_schema_field(OfferedSerializer(many=True))
    def get_accounts(self, consent: Consent) -> list[dict[str, Any]]:
        """Return the accounts that the bank named."""
        return list(OfferedSerializer(consenting.offered_by(consent), many=True).data)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The main account there",
            value={
                "consent_id": "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11",
                "external_account_id": "calm-main",
            },
            request_only=True,
        )
    ]
)
class LinkingSerializer(serializers.Serializer[Any]):
    """Which account at the other bank to show."""

    consent_id = IdField()
    external_account_id = TextField(max_length=140)


class LinkSerializer(serializers.Serializer[Any]):
    """A link; `problem` says what is the matter where something is."""

    id = IdField(source="pk")
    account_id = IdField()
    consent_id = IdField()
    bank = TextField()
    external_number = TextField()
    status = serializers.ChoiceField(choices=list(LinkStatus))
    problem = TextField(
        help_text="`bank_not_reached`, `ledger_not_reached`, `bank_answer_refused`, "
        "`consent_expired`, `refused`; empty where all is well."
    )
    bank_balance = MoneyField(allow_null=True, help_text="What the bank said last.")
    synced_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Link) -> dict[str, Any]:
        """Return the link with its amount as the API writes it."""
        minor = instance.bank_balance_minor
        balance = None if minor is None else Money(minor, instance.currency)
        instance.bank_balance = balance  # type: ignore[attr-defined]
        return super().to_representation(instance)


class BanksView(APIView):
    """The banks whose accounts can be linked."""

    @extend_schema(operation_id="accounts_banks", responses=page_of(BankSerializer))
    def get(self, request: Request) -> Response:
        """List the banks that the operator has set up."""
        del request
        return Response({"items": BankSerializer(banks(), many=True).data, "next_cursor": None})


class ConsentsView(IdempotentView, generics.ListAPIView[Consent]):
    """The caller's agreements with other banks."""

    context = "accounts"
    serializer_class = BankConsentSerializer
    throttle_scope = "banks"

    @extend_schema(operation_id="accounts_consents_list")
    def get(self, request: Request) -> Response:
        """List one's agreements, the newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="accounts_consents_begin",
        request=BeginningSerializer,
        responses={201: BankConsentSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin an agreement: send the customer to `authorization_url`.

        The bank sends the browser back to `/linked` with a state and a code; give both to
        `/complete` within half an hour.
        """
        asked = BeginningSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        consent = consenting.begin_consent(
            consent_id=self.slot.derive("consent"),
            owner_id=caller(request).user_id,
            bank_name=asked.validated_data["bank"],
            at=now(),
        )
        headers = {"Location": f"{request.path}/{consent.pk}"}
        return self.remember_apart(BankConsentSerializer(consent).data, status=201, headers=headers)

    def get_queryset(self) -> QuerySet[Consent]:
        """Return the caller's agreements."""
        return selectors.consents_of(owner_id=caller(self.request).user_id)


class ConsentView(APIView):
    """One agreement."""

    @extend_schema(operation_id="accounts_consents_read", responses=BankConsentSerializer)
    def get(self, request: Request, consent_id: UUID) -> Response:
        """Read an agreement and the accounts that it covers."""
        owner_id = caller(request).user_id
        found = selectors.consent_of(consent_id=consent_id, owner_id=owner_id)
        return Response(BankConsentSerializer(found).data)

    @extend_schema(
        operation_id="accounts_consents_revoke",
        responses={204: OpenApiResponse(description="Revoked, here and at the bank.")},
    )
    def delete(self, request: Request, consent_id: UUID) -> Response:
        """End an agreement and every link that lives on it; histories stay."""
        owner_id = caller(request).user_id
        consenting.revoke_consent(consent_id=consent_id, owner_id=owner_id, at=now())
        return Response(status=204)


class CompleteView(APIView):
    """The way back from the other bank."""

    throttle_scope = "banks"

    @extend_schema(
        operation_id="accounts_consents_complete",
        request=CompletionSerializer,
        responses=BankConsentSerializer,
    )
    def post(self, request: Request, consent_id: UUID) -> Response:
        """Complete an agreement with what the other bank sent the browser back with."""
        owner_id = caller(request).user_id
        selectors.consent_of(consent_id=consent_id, owner_id=owner_id)
        asked = CompletionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told: dict[str, Any] = {
            "consent_id": consent_id,
            "owner_id": owner_id,
            "state": asked.validated_data["state"],
            "at": now(),
        }
        code = asked.validated_data.get("code")
        if code is None:
            return Response(BankConsentSerializer(consenting.reject_consent(**told)).data)
        return Response(BankConsentSerializer(consenting.complete_consent(**told, code=code)).data)


class LinkView(IdempotentView):
    """The link of one of the caller's accounts."""

    context = "accounts"

    @extend_schema(
        operation_id="accounts_link", request=LinkingSerializer, responses={201: LinkSerializer}
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Link an account of the product `external` to one that an agreement covers.

        A link that waits for a new agreement goes on under this one.
        """
        account, owner_id = own(request, account_id), caller(request).user_id
        asked = LinkingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        consent = selectors.consent_of(
            consent_id=asked.validated_data["consent_id"], owner_id=owner_id
        )
        link = linking.link_account(
            link_id=self.slot.derive("link"),
            account=account,
            consent=consent,
            external_account_id=asked.validated_data["external_account_id"],
            at=now(),
        )
        return self.remember_apart(LinkSerializer(link).data, status=201)

    @extend_schema(
        operation_id="accounts_unlink", responses={204: OpenApiResponse(description="Unlinked.")}
    )
    def delete(self, request: Request, account_id: UUID) -> Response:
        """Unlink an account; its history stays, and the agreement with the bank too."""
        unlinking.unlink(account_id=own(request, account_id).pk, at=now())
        return Response(status=204)


class LinksView(generics.ListAPIView[Link]):
    """Every link that an account has had."""

    serializer_class = LinkSerializer

    @extend_schema(operation_id="accounts_links_list")
    def get(self, request: Request, account_id: UUID) -> Response:
        """List an account's links, the newest first."""
        return self.list(request, account_id)

    def get_queryset(self) -> QuerySet[Link]:
        """Return the links of the account, which has to be the caller's."""
        account = own(self.request, self.kwargs["account_id"])
        return selectors.links_of_account(account_id=account.pk)


class SyncView(APIView):
    """Asking the other bank now."""

    throttle_scope = "banks"

    @extend_schema(operation_id="accounts_links_sync", request=None, responses=LinkSerializer)
    def post(self, request: Request, link_id: UUID) -> Response:
        """Bring in what the other bank has booked since; it is asked every six hours anyway.

        What another bank does wrong is no error here: `status` and `problem` say it.
        """
        link = linking.sync_link(link_id=link_id, owner_id=caller(request).user_id, now=now())
        return Response(LinkSerializer(link).data)


class ReauthorizeView(IdempotentView):
    """Agreeing again."""

    context = "accounts"
    throttle_scope = "banks"

    @extend_schema(
        operation_id="accounts_links_reauthorize",
        request=None,
        responses={201: BankConsentSerializer},
    )
    def post(self, request: Request, link_id: UUID) -> HttpResponse:
        """Begin a new agreement with the bank of a link.

        Complete it as the first one, then POST `/api/accounts/{id}/link` with it.
        """
        owner_id = caller(request).user_id
        link = selectors.link_of(link_id=link_id, owner_id=owner_id)
        consent = consenting.begin_consent(
            consent_id=self.slot.derive("consent"),
            owner_id=owner_id,
            bank_name=link.bank,
            at=now(),
        )
        return self.remember_apart(BankConsentSerializer(consent).data, status=201)
