"""Tasks."""

MODEL = "payments.Payment"
