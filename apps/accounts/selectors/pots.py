"""Reads of pots and monitors."""

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.contracts import PotNotFound
from apps.accounts.models import Account, Monitor, Pot
from apps.transactions.contracts import Funds, LedgerAccounts
from vortex.binding import bind


def pots_with_funds(*, account_id: UUID) -> list[tuple[Pot, Funds]]:
    """Return an account's open pots, oldest first, with what is in them; one call of the ledger."""
    pots = list(open_pots(account_id=account_id))
    known = bind(LedgerAccounts).funds(account_ids=tuple(pot.pk for pot in pots)) if pots else ()
    by_id = {funds.account_id: funds for funds in known}
    return [(pot, by_id[pot.pk]) for pot in pots]


def open_pots(*, account_id: UUID) -> QuerySet[Pot]:
    """Return an account's open pots, oldest first."""
    found = Pot.objects.filter(account_id=account_id, closed_at__isnull=True)
    return found.order_by("opened_at", "pk")


def pot_of_owner(*, pot_id: UUID, owner_id: UUID) -> tuple[Pot, Account]:
    """Return the owner's own pot and its account; anyone else's does not exist."""
    pot = Pot.objects.filter(pk=pot_id).first()
    account = Account.objects.filter(pk=pot.account_id, owner_id=owner_id).first() if pot else None
    if pot is None or account is None:
        raise PotNotFound(pot_id=str(pot_id))
    return pot, account


def pot_ids_of_owner(*, owner_id: UUID) -> list[UUID]:
    """Return the ids of all of somebody's open pots."""
    own = Account.objects.filter(owner_id=owner_id).values("pk")
    found = Pot.objects.filter(account_id__in=own, closed_at__isnull=True)
    return list(found.values_list("pk", flat=True))


def monitors(*, account_id: UUID) -> QuerySet[Monitor]:
    """Return what watches an account, oldest first."""
    return Monitor.objects.filter(account_id=account_id).order_by("created_at", "pk")
