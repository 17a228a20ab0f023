"""What payments publishes."""

from vortex.contracts import Event, Service, event, query
from vortex.errors import NotFound


class PaymentNotFound(NotFound, code="payment_not_found", title="Payment not found"):
    """There is no such payment."""


class Payments(Service, context="payments", version=1):
    """Payments."""

    @query(refuses=(PaymentNotFound,))
    def payment(self, *, payment_id): ...


@event("payment.settled", topic="payment.events", key="payment_id")
class PaymentSettled(Event):
    """The money has arrived."""

    payment_id: str
