"""The states of an account, as tables: who may change what, and what the ledger then enforces."""

from enum import StrEnum
from typing import Final

from apps.accounts.contracts import AccountIsClosed, AccountStatus, FreezeDirection, FreezeReason
from vortex.errors import Refusal, Refused


class FrozenByBank(Refused, code="account_frozen_by_bank", title="Frozen by the bank"):
    """The bank froze this account, so only the bank can thaw or close it."""


class ReopeningTooLate(Refused, code="reopening_too_late", title="Too late to reopen"):
    """A holder reopens within thirty days what they closed themselves; the bank decides later."""


class Standing(StrEnum):
    """Where an account stands, and whose freeze it is: only the bank lifts the bank's."""

    ACTIVE = "active"
    FROZEN_BY_HOLDER = "frozen_by_holder"
    FROZEN_BY_BANK = "frozen_by_bank"
    CLOSED = "closed"
    DORMANT = "dormant"


# What they are called here: the words of the contract.
Direction = FreezeDirection
Reason = FreezeReason


class Change(StrEnum):
    """What can be asked of an account's standing."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"
    REOPEN = "reopen"
    REST = "rest"
    WAKE = "wake"


class Party(StrEnum):
    """Who asks: the person who holds the account, or somebody at the bank."""

    HOLDER = "holder"
    BANK = "bank"


# Who may act for the bank here.
BANK_ROLES: Final = ("support_agent", "compliance_officer", "administrator")

_A, _H, _B, _C, _D = Standing
_FREEZE, _UNFREEZE, _CLOSE, _REOPEN, _REST, _WAKE = Change

# An outcome equal to the present standing changes nothing: asking twice is asking once.
_OUTCOMES: Final[dict[tuple[Standing, Change, Party], Standing | type[Refusal]]] = {
    (_A, _FREEZE, Party.HOLDER): _H,
    (_A, _FREEZE, Party.BANK): _B,
    (_A, _UNFREEZE, Party.HOLDER): _A,
    (_A, _UNFREEZE, Party.BANK): _A,
    (_A, _CLOSE, Party.HOLDER): _C,
    (_A, _CLOSE, Party.BANK): _C,
    (_H, _FREEZE, Party.HOLDER): _H,
    (_H, _FREEZE, Party.BANK): _B,
    (_H, _UNFREEZE, Party.HOLDER): _A,
    (_H, _UNFREEZE, Party.BANK): _A,
    (_H, _CLOSE, Party.HOLDER): _C,
    (_H, _CLOSE, Party.BANK): _C,
    (_B, _FREEZE, Party.HOLDER): _B,
    (_B, _FREEZE, Party.BANK): _B,
    (_B, _UNFREEZE, Party.HOLDER): FrozenByBank,
    (_B, _UNFREEZE, Party.BANK): _A,
    (_B, _CLOSE, Party.HOLDER): FrozenByBank,
    (_B, _CLOSE, Party.BANK): _C,
    (_C, _FREEZE, Party.HOLDER): AccountIsClosed,
    (_C, _FREEZE, Party.BANK): AccountIsClosed,
    (_C, _UNFREEZE, Party.HOLDER): AccountIsClosed,
    (_C, _UNFREEZE, Party.BANK): AccountIsClosed,
    (_C, _CLOSE, Party.HOLDER): _C,
    (_C, _CLOSE, Party.BANK): _C,
    # A freeze and a thaw by a thief must not wake what sleeps: its debits are frozen already.
    (_D, _FREEZE, Party.HOLDER): _D,
    (_D, _FREEZE, Party.BANK): _B,
    **{(_D, _UNFREEZE, party): _D for party in Party},
    **{(_D, _CLOSE, party): _C for party in Party},
    # Only what is closed reopens; only what is awake falls asleep, and only what sleeps wakes up.
    **{(standing, _REOPEN, party): standing for standing in (_A, _H, _B, _D) for party in Party},
    **{(_C, _REOPEN, party): _A for party in Party},
    **{(standing, _REST, party): standing for standing in (_H, _B, _C, _D) for party in Party},
    **{(_A, _REST, party): _D for party in Party},
    **{(standing, _WAKE, party): standing for standing in (_A, _H, _B) for party in Party},
    **{(_D, _WAKE, party): _A for party in Party},
    **{(_C, _WAKE, party): AccountIsClosed for party in Party},
}

# A holder's freeze keeps the salary coming, the bank's stops all, where nothing else is said; an
# account that sleeps takes money in.
DIRECTIONS: Final[dict[Standing, Direction | None]] = {
    Standing.ACTIVE: None,
    Standing.FROZEN_BY_HOLDER: Direction.DEBIT,
    Standing.FROZEN_BY_BANK: Direction.ALL,
    Standing.DORMANT: Direction.DEBIT,
    Standing.CLOSED: None,
}
# (debits frozen, credits frozen)
RESTRICTIONS: Final[dict[Direction | None, tuple[bool, bool]]] = {
    None: (False, False),
    Direction.DEBIT: (True, False),
    Direction.CREDIT: (False, True),
    Direction.ALL: (True, True),
}

_STATUSES: Final[dict[Standing, AccountStatus]] = {
    Standing.ACTIVE: AccountStatus.ACTIVE,
    Standing.FROZEN_BY_HOLDER: AccountStatus.FROZEN,
    Standing.FROZEN_BY_BANK: AccountStatus.FROZEN,
    Standing.CLOSED: AccountStatus.CLOSED,
    Standing.DORMANT: AccountStatus.FROZEN,  # its debits are stopped until the holder wakes it
}


def after(standing: Standing, change: Change, party: Party) -> Standing:
    """Return the standing that a change leads to, or refuse it."""
    outcome = _OUTCOMES[(standing, change, party)]
    if isinstance(outcome, Standing):
        return outcome
    raise outcome


def status_of(standing: Standing) -> AccountStatus:
    """Return what a standing is called outside: whose freeze it is stays inside."""
    return _STATUSES[standing]


def standings_of(status: AccountStatus) -> tuple[Standing, ...]:
    """Return the standings that a status may mean."""
    return tuple(standing for standing, known in _STATUSES.items() if known is status)


def both(direction: Direction, other: Direction | None) -> Direction:
    """Return the direction that freezes what either of two freezes."""
    return direction if other in {None, direction} else Direction.ALL
