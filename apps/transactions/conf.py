"""What an operator may decide about the ledger, and when its clockwork runs."""

from datetime import timedelta
from typing import Any, Final

SCHEDULE: Final[dict[str, Any]] = {
    "transactions.expire-holds": {
        "task": "transactions.expire_holds",
        "schedule": timedelta(seconds=15),
    },
}
