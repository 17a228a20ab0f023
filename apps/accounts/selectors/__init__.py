"""Reads of accounts: one per object and level of access. None of them writes."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.accounts.contracts import AccountNotFound, AccountStatus
from apps.accounts.domain.iban import canonical
from apps.accounts.domain.labels import masked_name
from apps.accounts.domain.standing import BANK_ROLES, Party, Standing, standings_of
from apps.accounts.models import Account
from apps.accounts.selectors.members import holders
from apps.auth.contracts import UserNotFound, Users
from apps.transactions.contracts import Balance, Ledger
from vortex.binding import bind
from vortex.contracts import Principal


def account(*, account_id: UUID) -> Account:
    """Return an account, whoever holds it; for the bank's own use."""
    found = account_or_none(account_id=account_id)
    if found is None:
        raise AccountNotFound(account_id=str(account_id))
    return found


def account_or_none(*, account_id: UUID) -> Account | None:
    """Return an account, whoever holds it, or None where there is none yet."""
    return Account.objects.filter(pk=account_id).first()


def account_of_owner(*, account_id: UUID, owner_id: UUID) -> Account:
    """Return the owner's own account; anyone else's does not exist."""
    found = Account.objects.filter(pk=account_id, owner_id=owner_id).first()
    if found is None:
        raise AccountNotFound(account_id=str(account_id))
    return found


def account_for(*, account_id: UUID, principal: Principal) -> tuple[Account, Party]:
    """Return an account that the caller may freeze, and whom they act for: themselves, the bank."""
    found = account(account_id=account_id)
    if found.owner_id == principal.user_id or principal.user_id in holders(account_id=found.pk):
        return found, Party.HOLDER
    if principal.has_role(*BANK_ROLES):
        return found, Party.BANK
    raise AccountNotFound(account_id=str(account_id))


def accounts_of_owner(
    *, owner_id: UUID, status: AccountStatus | None = None, currency: str | None = None
) -> QuerySet[Account]:
    """Return a person's accounts in the order that the person gave them, then oldest first."""
    found = Account.objects.filter(owner_id=owner_id)
    if status is not None:
        found = found.filter(standing__in=standings_of(status))
    if currency is not None:
        found = found.filter(currency=currency)
    return found.order_by("position", "opened_at", "pk")


def primary_account(*, owner_id: UUID) -> Account:
    """Return the account that a person is paid to where nobody says which."""
    found = Account.objects.filter(owner_id=owner_id, is_primary=True).first()
    if found is None:
        raise AccountNotFound
    return found


def numbers_of_accounts(*, owner_id: UUID) -> tuple[int, int, int]:
    """Return how many accounts a person has open, ever had, and has as the primary one."""
    # One that is being reopened is open already: two at once must not both be the last allowed.
    is_open = ~Q(standing=Standing.CLOSED) | Q(pending=Standing.ACTIVE)
    counted = Account.objects.filter(owner_id=owner_id).aggregate(
        open=Count("pk", filter=is_open),
        ever=Count("pk"),
        primary=Count("pk", filter=Q(is_primary=True)),
    )
    return counted["open"], counted["ever"], counted["primary"]


def account_by_iban(*, iban: str) -> Account:
    """Return the account that an IBAN names, however it is spaced; refuse what is no IBAN."""
    found = Account.objects.filter(iban=canonical(iban)).first()
    if found is None:
        raise AccountNotFound
    return found


def payee(found: Account) -> tuple[Account, str]:
    """Return an account that takes money, with its holder's name, masked."""
    if found.status is AccountStatus.CLOSED:
        raise AccountNotFound
    return found, masked_name(holder_name(owner_id=found.owner_id))


def holder_name(*, owner_id: UUID) -> str:
    """Return a holder's full name; empty for somebody who never registered or was erased."""
    try:
        return bind(Users).user(user_id=owner_id).full_name
    except UserNotFound:
        return ""


def balances(accounts: Iterable[Account]) -> dict[UUID, Balance]:
    """Return the authoritative balances of accounts, by id, asking the ledger once."""
    wanted = tuple(account.pk for account in accounts)
    known = bind(Ledger).balances(account_ids=wanted) if wanted else ()
    return {balance.account_id: balance for balance in known}


def changes_abandoned(*, before: datetime) -> list[UUID]:
    """Return the accounts whose change of standing was begun before an instant and not ended."""
    begun = Account.objects.filter(pending_since_at__lt=before).order_by("pending_since_at")
    return list(begun.values_list("pk", flat=True)[:100])
