"""What an operator may decide about accounts, and when the clockwork runs."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings

# Beyond this a person has no use for another account, and the bank has none for a script.
_OPEN_ACCOUNTS_PER_PERSON: Final = 20
# Opening and closing in turns ends some day too.
_EVER_PER_OPEN: Final = 5

# What a customer may open by herself; the bank itself opens any ISO 4217 currency.
CURRENCIES: Final = ("CHF", "CZK", "EUR", "GBP", "JPY", "KES", "NGN", "PLN", "SEK", "USD", "ZAR")

# Longer than a call to the ledger can possibly take: after that, whoever comes next finishes it.
CHANGE_ABANDONED_AFTER: Final = timedelta(seconds=30)

# What a holder has closed can be opened again by the holder for so long.
REOPENED_WITHIN: Final = timedelta(days=30)
# An account that its holder has not used for so long sleeps.
DORMANT_AFTER: Final = timedelta(days=365)

# A thief who proved to be the holder still has to wait; the holder hears of it meanwhile.
_COOLING_OFF: Final = timedelta(hours=12)
# How lately, in seconds, somebody has to have proved to be there before giving money more room.
PROOF_LASTS: Final = 300

SCHEDULE: Final[dict[str, Any]] = {
    "accounts.finish-abandoned-changes": {
        "task": "accounts.finish_abandoned_changes",
        "schedule": timedelta(minutes=1),
    },
    "accounts.finish-abandoned-limits": {
        "task": "accounts.finish_abandoned_limits",
        "schedule": timedelta(minutes=1),
    },
    "accounts.finish-abandoned-members": {
        "task": "accounts.finish_abandoned_members",
        "schedule": timedelta(minutes=1),
    },
    "accounts.carry-out-round-ups": {
        "task": "accounts.carry_out_round_ups",
        "schedule": timedelta(seconds=15),
    },
    "accounts.tell-vault": {
        "task": "accounts.tell_vault",
        "schedule": timedelta(seconds=30),
    },
    "accounts.go-on-with-issuer-events": {
        "task": "accounts.go_on_with_issuer_events",
        "schedule": timedelta(minutes=1),
    },
    "accounts.let-sleep": {
        "task": "accounts.let_sleep",
        "schedule": timedelta(hours=6),
    },
    "accounts.issue-statements": {
        "task": "accounts.issue_statements",
        "schedule": timedelta(hours=1),
    },
    "accounts.sync-links": {
        "task": "accounts.sync_links",
        "schedule": timedelta(minutes=1),
    },
    "accounts.look-after-consents": {
        "task": "accounts.look_after_consents",
        "schedule": timedelta(hours=1),
    },
}


def open_accounts_per_person() -> int:
    """Return how many accounts one person may have open: VORTEX_OPEN_ACCOUNTS_PER_PERSON."""
    return int(getattr(settings, "VORTEX_OPEN_ACCOUNTS_PER_PERSON", _OPEN_ACCOUNTS_PER_PERSON))


def accounts_per_person() -> int:
    """Return how many accounts one person may have had, closed ones included."""
    return open_accounts_per_person() * _EVER_PER_OPEN


def minimum_minor(product: str, currency: str) -> int:
    """Return what a debit has to leave on a new account: VORTEX_MINIMUM_BALANCES, minor units."""
    known = getattr(settings, "VORTEX_MINIMUM_BALANCES", {})
    return int(known.get(f"{product}.{currency}", 0))


def cooling_off() -> timedelta:
    """Return how long a raised limit waits: VORTEX_LIMIT_COOLING_OFF_SECONDS."""
    seconds = getattr(settings, "VORTEX_LIMIT_COOLING_OFF_SECONDS", None)
    return _COOLING_OFF if seconds is None else timedelta(seconds=int(seconds))
