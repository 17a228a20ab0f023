"""What an operator may decide about the ledger, and when its clockwork runs."""

from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.conf import settings

from apps.transactions.domain.gate import Policy

SCHEDULE: Final[dict[str, Any]] = {
    "transactions.expire-holds": {
        "task": "transactions.expire_holds",
        "schedule": timedelta(seconds=15),
    },
    "transactions.work-off-rule-runs": {
        "task": "transactions.work_off_rule_runs",
        "schedule": timedelta(minutes=1),
    },
    "transactions.work-off-imports": {
        "task": "transactions.work_off_imports",
        "schedule": timedelta(minutes=1),
    },
    "transactions.work-off-bulk": {
        "task": "transactions.work_off_bulk",
        "schedule": timedelta(seconds=15),
    },
    "transactions.make-months": {
        "task": "transactions.make_months",
        "schedule": timedelta(hours=6),
    },
    "transactions.tidy-bulk": {
        "task": "transactions.tidy_bulk",
        "schedule": timedelta(minutes=10),
    },
}


def exchange_fee_ppm() -> int:
    """Return the fee on an exchange in millionths of what is sold: VORTEX_EXCHANGE_FEE_PPM."""
    return int(getattr(settings, "VORTEX_EXCHANGE_FEE_PPM", 1_500))


def files_directory() -> str:
    """Return where files are kept, or nothing for the database: VORTEX_FILES_DIR."""
    return str(getattr(settings, "VORTEX_FILES_DIR", ""))


def gate_policy() -> Policy:
    """Return when the bank looks at a transfer before it is made: VORTEX_GATE_POLICY."""
    return _policy(str(getattr(settings, "VORTEX_GATE_POLICY", "")) or "{}")


def payment_judge() -> str:
    """Return the path of the interface that judges transfers too: VORTEX_PAYMENT_JUDGE."""
    return str(getattr(settings, "VORTEX_PAYMENT_JUDGE", ""))


@lru_cache(maxsize=8)
def _policy(said: str) -> Policy:
    return msgspec.json.decode(said, type=Policy)
