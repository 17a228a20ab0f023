"""The account that a request is about: own, or shared. Anybody else's does not exist."""

from uuid import UUID

from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.models import Account
from apps.accounts.selectors.members import account_seen_by
from vortex.http.etag import etag_of
from vortex.identity.authentication import caller


def own(request: Request, account_id: UUID) -> Account:
    """Return the caller's own account."""
    return selectors.account_of_owner(account_id=account_id, owner_id=caller(request).user_id)


def seen(request: Request, account_id: UUID) -> Account:
    """Return an account of the caller's own, or one that they share."""
    return account_seen_by(account_id=account_id, user_id=caller(request).user_id)


def etag(account: Account) -> str:
    """Return the tag of an account as it is now."""
    return etag_of(str(account.pk), account.version)
