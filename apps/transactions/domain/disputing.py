"""The life of a complaint, as a table."""

from datetime import timedelta
from typing import Final

from apps.transactions.contracts import DisputeState

# Thirteen months, as EU payment law gives them (directive 2015/2366, article 71).
LONGEST: Final = timedelta(days=396)

NEXT: Final[dict[DisputeState, tuple[DisputeState, ...]]] = {
    DisputeState.OPEN: (
        *(DisputeState.IN_REVIEW, DisputeState.WITHDRAWN),
        *(DisputeState.REFUNDED, DisputeState.REJECTED),
    ),
    DisputeState.IN_REVIEW: (
        *(DisputeState.REFUNDED, DisputeState.REJECTED),
        DisputeState.WITHDRAWN,
    ),
    DisputeState.REFUNDED: (),
    DisputeState.REJECTED: (),
    DisputeState.WITHDRAWN: (),
}
