"""Claiming and giving up an alias. Two people at once who want alike ones wait for each other."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.accounts.contracts import (
    AccountAliasChanged,
    AccountIsClosed,
    AliasNotFound,
    AliasTaken,
    Product,
    TooManyAliases,
)
from apps.accounts.domain.aliases import canonical, check_free, skeleton
from apps.accounts.domain.standing import Standing
from apps.accounts.models import Account, Alias
from apps.accounts.services.rows import locked
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Refused
from vortex.ids import new_id
from vortex.outbox import publish

_MOST: Final = 3
_MOST_CLAIMS: Final = 5
_CLAIMS_WITHIN: Final = timedelta(days=30)
# So long nobody else gets what somebody gave up: whoever pays by a name of old reaches nobody new.
KEPT_FOR: Final = timedelta(days=180)


class NoAliasOffered(Refused, code="no_alias_offered", title="No alias for this account"):
    """What another bank keeps cannot be paid here."""


def claim(*, account_id: UUID, text: str, at: datetime) -> Alias:
    """Give an account an alias, in the place of the one it has. Twice is once."""
    alias = canonical(text)
    check_free(alias)
    taken = {"accounts_alias_taken": AliasTaken}
    with refusing(taken), unit_of_work("accounts") as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"accounts.alias:{skeleton(alias)}"],
            )
        account = locked(account_id)
        if account.standing == Standing.CLOSED:
            raise AccountIsClosed(account_id=str(account_id))
        if account.product == Product.EXTERNAL:
            raise NoAliasOffered(account_id=str(account_id))
        former = _live(account_id)
        if former is not None and former.alias == alias:
            return former
        _check(account, alias, at)
        if former is not None:
            _give_up(former, at)
        fresh = Alias.objects.create(
            id=new_id(),
            account_id=account_id,
            owner_id=account.owner_id,
            alias=alias,
            skeleton=skeleton(alias),
            claimed_at=at,
        )
        _say(account, alias, at)
        return fresh


def release(*, account_id: UUID, at: datetime) -> None:
    """Give up the alias of an account; nobody else gets it for half a year."""
    with unit_of_work("accounts"):
        account = locked(account_id)
        if not release_any(account=account, at=at):
            raise AliasNotFound(account_id=str(account_id))


@needs_transaction("accounts")
def release_any(*, account: Account, at: datetime) -> bool:
    """Give up the alias of an account where it has one; say whether it had."""
    former = _live(account.pk)
    if former is None:
        return False
    _give_up(former, at)
    _say(account, "", at)
    return True


def _live(account_id: UUID) -> Alias | None:
    return Alias.objects.filter(account_id=account_id, released_at__isnull=True).first()


def _check(account: Account, alias: str, at: datetime) -> None:
    alike = Alias.objects.filter(skeleton=skeleton(alias))
    others = alike.exclude(owner_id=account.owner_id)
    if others.filter(released_at__isnull=True).exists():
        raise AliasTaken(alias=alias)
    if others.filter(released_at__gt=at - KEPT_FOR).exists():
        raise AliasTaken(alias=alias)
    if alike.filter(released_at__isnull=True).exclude(account_id=account.pk).exists():
        raise AliasTaken(alias=alias)  # one's own, of another account
    own = Alias.objects.filter(owner_id=account.owner_id)
    elsewhere = own.filter(released_at__isnull=True).exclude(account_id=account.pk)
    claims = own.filter(claimed_at__gt=at - _CLAIMS_WITHIN)
    if elsewhere.count() >= _MOST or claims.count() >= _MOST_CLAIMS:
        raise TooManyAliases(most=_MOST, most_claims=_MOST_CLAIMS)


@needs_transaction("accounts")
def _give_up(former: Alias, at: datetime) -> None:
    former.released_at = at
    former.save(update_fields=["released_at"])


@needs_transaction("accounts")
def _say(account: Account, alias: str, at: datetime) -> None:
    publish(
        AccountAliasChanged(
            account_id=account.pk, owner_id=account.owner_id, alias=alias, changed_at=at
        )
    )
