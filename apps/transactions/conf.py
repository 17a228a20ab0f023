"""What an operator may decide about the ledger, and when its clockwork runs."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings

SCHEDULE: Final[dict[str, Any]] = {
    "transactions.expire-holds": {
        "task": "transactions.expire_holds",
        "schedule": timedelta(seconds=15),
    },
}


def exchange_fee_ppm() -> int:
    """Return the fee on an exchange in millionths of what is sold: VORTEX_EXCHANGE_FEE_PPM."""
    return int(getattr(settings, "VORTEX_EXCHANGE_FEE_PPM", 1_500))
