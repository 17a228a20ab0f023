"""HTTP of sharing an account: members, invitations, and their answers."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.own import own
from apps.accounts.contracts import MemberNotFound, Role
from apps.accounts.domain.iban import masked
from apps.accounts.domain.members import State
from apps.accounts.models import Account, Member
from apps.accounts.selectors import members as reads
from apps.accounts.services import members
from apps.accounts.services.members import Rights
from apps.accounts.services.proving import require_presence
from vortex.clock import now
from vortex.http.fields import IdField, MoneyField, TextField
from vortex.http.idempotency import IdempotentView
from vortex.http.openapi import page_of
from vortex.identity.authentication import caller
from vortex.money import CurrencyMismatch, Money


class RightsSerializer(serializers.Serializer[Any]):
    """What a member may do."""

    role = serializers.ChoiceField(choices=[Role.JOINT, Role.DELEGATE])
    pay_per_day = MoneyField(
        default=None,
        allow_null=True,
        help_text="Up to how much a delegate pays a day; null to see only, or for a joint holder.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An assistant who pays up to 200 euros a day",
            value={
                "email": "grace@example.com",
                "role": "delegate",
                "pay_per_day": {"amount": "200.00", "currency": "EUR"},
            },
            request_only=True,
        )
    ]
)
class InvitingSerializer(RightsSerializer):
    """Whom to invite, and to what."""

    email = serializers.EmailField(max_length=254)


class MemberSerializer(serializers.Serializer[Any]):
    """A member, or an open invitation."""

    id = IdField(source="pk")
    email = TextField()
    role = serializers.ChoiceField(choices=[Role.JOINT, Role.DELEGATE])
    state = serializers.ChoiceField(choices=list(State))
    may_pay = serializers.BooleanField()
    pay_per_day_minor = serializers.IntegerField(source="pay_minor", allow_null=True)
    invited_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="When an unanswered invitation ends.")


class InvitedSerializer(MemberSerializer):
    """An invitation as its owner sees it once: with the code to hand over."""

    code = TextField(help_text="Said only once: a repeated request gets it empty.")


class InvitationSerializer(serializers.Serializer[Any]):
    """An invitation, as the invited person sees it."""

    id = IdField(source="pk")
    role = serializers.ChoiceField(choices=[Role.JOINT, Role.DELEGATE])
    may_pay = serializers.BooleanField()
    iban = TextField(help_text="Masked.")
    currency = TextField()
    expires_at = serializers.DateTimeField()


class InvitationCodeSerializer(serializers.Serializer[Any]):
    """The code that the owner handed over."""

    code = TextField(max_length=32)


class MembersView(IdempotentView):
    """The members of one of the caller's accounts."""

    context = "accounts"
    throttle_scope = "money"

    @extend_schema(operation_id="accounts_members", responses=page_of(MemberSerializer))
    def get(self, request: Request, account_id: UUID) -> Response:
        """List members and open invitations; all are on one page, there are at most ten."""
        found = reads.members(account_id=own(request, account_id).pk)
        return Response({"items": MemberSerializer(found, many=True).data, "next_cursor": None})

    @extend_schema(
        operation_id="accounts_member_invite",
        request=InvitingSerializer,
        responses={201: InvitedSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Invite somebody to share an account. Needs a fresh proof.

        They accept with the code, which the owner hands over; it is good for a week.
        """
        account = own(request, account_id)
        asked = InvitingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        require_presence(caller(request))
        said = asked.validated_data
        rights = _rights(said["role"], said["pay_per_day"], account)
        member, code = members.invite(
            member_id=self.slot.derive("member"),
            account=account,
            email=said["email"],
            rights=rights,
            invited_at=now(),
        )
        shown = MemberSerializer(member).data
        self.remember_apart({**shown, "code": ""}, status=201)  # kept nowhere in clear
        return self._answer({**shown, "code": code}, 201, {})


class MemberView(APIView):
    """One member of an account."""

    @extend_schema(
        operation_id="accounts_member_remove",
        responses={204: OpenApiResponse(description="Shares the account no more.")},
    )
    def delete(self, request: Request, account_id: UUID, member_id: UUID) -> Response:
        """Remove a member or withdraw an invitation; a member removes oneself too."""
        user_id = caller(request).user_id
        account = reads.account_seen_by(account_id=account_id, user_id=user_id)
        if account.owner_id == user_id:
            found = reads.member_of_account(account_id=account.pk, member_id=member_id)
        else:
            found = reads.membership_of(account_id=account.pk, user_id=user_id, member_id=member_id)
        members.remove(member_id=found.pk, removed_by=user_id, at=now())
        return Response(status=204)


class InvitationsView(APIView):
    """Invitations to the caller."""

    @extend_schema(operation_id="accounts_invitations", responses=page_of(InvitationSerializer))
    def get(self, request: Request) -> Response:
        """List open invitations to one's own address."""
        email = reads.email_of(user_id=caller(request).user_id)
        found = reads.invitations_to(email=email) if email else []
        items = [_invitation(member, account) for member, account in found]
        return Response({"items": items, "next_cursor": None})


class AcceptView(APIView):
    """Accepting an invitation."""

    throttle_scope = "resolve"

    @extend_schema(
        operation_id="accounts_invitation_accept",
        request=InvitationCodeSerializer,
        responses=MemberSerializer,
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        """Accept an invitation with the code that the owner handed over."""
        email = _email(request, member_id)
        reads.invitation_to(member_id=member_id, email=email)
        asked = InvitationCodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        member = members.accept(
            member_id=member_id,
            email=email,
            user_id=caller(request).user_id,
            code=asked.validated_data["code"],
            at=now(),
        )
        return Response(MemberSerializer(member).data)


class DeclineView(APIView):
    """Declining an invitation."""

    @extend_schema(
        operation_id="accounts_invitation_decline",
        request=None,
        responses={204: OpenApiResponse(description="Declined.")},
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        """Decline an invitation."""
        email, user_id = _email(request, member_id), caller(request).user_id
        members.decline(member_id=member_id, email=email, user_id=user_id, at=now())
        return Response(status=204)


def _email(request: Request, member_id: UUID) -> str:
    email = reads.email_of(user_id=caller(request).user_id)
    if not email:
        raise MemberNotFound(member_id=str(member_id))
    return email


def _rights(role: str, pay: Money | None, account: Account) -> Rights:
    if pay is not None and pay.currency != account.currency:
        raise CurrencyMismatch(currency=account.currency)
    known = Role(role)
    may_pay = known is Role.JOINT or pay is not None
    return Rights(role=known, may_pay=may_pay, pay_minor=None if pay is None else pay.minor)


def _invitation(member: Member, account: Account) -> dict[str, Any]:
    shown = {"pk": member.pk, "role": member.role, "may_pay": member.may_pay}
    more = {
        "iban": masked(account.iban),
        "currency": account.currency,
        "expires_at": member.expires_at,
    }
    return InvitationSerializer({**shown, **more}).data
