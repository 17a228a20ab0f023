"""Tasks; payments.Payment is asked through its contract."""

EVENT = "payment.settled"
