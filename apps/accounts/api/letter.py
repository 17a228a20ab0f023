"""HTTP of the letter that proves an account."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.adapters.letter import Letter, letter
from apps.accounts.contracts import AccountIsClosed, Role
from apps.accounts.domain.standing import Standing
from apps.accounts.selectors.members import account_seen_by, holders
from vortex.clock import today
from vortex.errors import Refused
from vortex.http.files import FileView, file_of
from vortex.identity.authentication import caller

_HOLDERS: Final = (Role.OWNER, Role.JOINT)


class NoLetter(Refused, code="no_letter", title="No letter for this account"):
    """What another bank keeps is that bank's to confirm."""


class LetterView(FileView):
    """A letter that proves an account."""

    throttle_scope = "resolve"

    @extend_schema(
        operation_id="accounts_letter",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, account_id: UUID) -> HttpResponse:
        """Download a letter with holders and number of an account, to show to others.

        For who holds it, alone or jointly. It says nothing about money.
        """
        account = account_seen_by(
            account_id=account_id, user_id=caller(request).user_id, roles=_HOLDERS
        )
        if account.standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account_id))
        if not account.iban:
            raise NoLetter(account_id=str(account_id))
        names = tuple(
            selectors.holder_name(owner_id=user_id) or "-"
            for user_id in holders(account_id=account.pk)
        )
        said = Letter(
            holders=names,
            iban=account.iban,
            product=account.product,
            currency=account.currency,
            opened_date=account.opened_at.date(),
            written_date=today(),
        )
        name = f"account-{account.iban[-4:]}.pdf"
        return file_of(letter(said), media_type="application/pdf", name=name)
