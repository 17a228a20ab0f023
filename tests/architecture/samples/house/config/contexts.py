"""Three contexts."""

CONTEXTS = (Context("auth"), Context("accounts"), Context("payments"))
TOPICS: tuple[str, ...] = ("user.events", "payment.events")
