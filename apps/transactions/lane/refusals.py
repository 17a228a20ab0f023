"""What only the lane refuses."""

from vortex.errors import Unavailable


class LedgerBusy(Unavailable, code="ledger_busy", title="Too much at once"):
    """More transfers are waiting than can be made in time. Nothing was done; come back shortly."""
