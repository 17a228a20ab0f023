"""What payments serves."""

from apps.payments.contracts import Payments
from vortex.contracts import serves


@serves(Payments)
class ServedPayments(Payments):
    """Payments from this context's own table."""

    def payment(self, *, payment_id): ...
