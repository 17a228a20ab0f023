"""Reads of aliases."""

from uuid import UUID

from apps.accounts.contracts import AccountNotFound, InvalidAlias
from apps.accounts.domain.aliases import canonical
from apps.accounts.models import Account, Alias


def alias_of_account(*, account_id: UUID) -> Alias | None:
    """Return the alias that an account has now, or None."""
    return Alias.objects.filter(account_id=account_id, released_at__isnull=True).first()


def account_by_alias(*, alias: str) -> Account:
    """Return the account that an alias names; what is no alias names none."""
    try:
        said = canonical(alias)
    except InvalidAlias as refusal:
        raise AccountNotFound from refusal
    live = Alias.objects.filter(alias=said, released_at__isnull=True).first()
    found = Account.objects.filter(pk=live.account_id).first() if live else None
    if found is None:
        raise AccountNotFound
    return found
