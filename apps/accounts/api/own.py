"""The account that a request is about: the caller's own. Anybody else's does not exist."""

from uuid import UUID

from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.models import Account
from vortex.http.etag import etag_of
from vortex.identity.authentication import caller


def own(request: Request, account_id: UUID) -> Account:
    """Return the caller's own account."""
    return selectors.account_of_owner(account_id=account_id, owner_id=caller(request).user_id)


def etag(account: Account) -> str:
    """Return the tag of an account as it is now."""
    return etag_of(str(account.pk), account.version)
