"""What accounts says about aliases: names by which an account is found and paid."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event
from vortex.errors import Conflict, Invalid, NotFound, Refused


class InvalidAlias(Invalid, code="invalid_alias", title="Alias not accepted"):
    """The alias is too short or too long, or has letters that look like others."""


class AliasReserved(Refused, code="alias_reserved", title="Alias reserved"):
    """The alias looks like a word that speaks for the bank, or for nobody."""


class AliasTaken(Conflict, code="alias_taken", title="Alias taken"):
    """Somebody has, or lately had, this alias or one that looks like it."""


class TooManyAliases(Refused, code="too_many_aliases", title="Too many aliases"):
    """A person has at most three aliases, and claims at most five in thirty days."""


class AliasNotFound(NotFound, code="alias_not_found", title="Alias not found"):
    """The account has no alias."""


@event("account.alias_changed", topic="user.events", key="account_id")
class AccountAliasChanged(Event):
    """An account is found by this alias from now on; by none where it is empty."""

    account_id: UUID
    owner_id: UUID
    alias: str
    changed_at: datetime
