"""Three."""

CONTEXTS = (Context("auth"), Context("accounts"), Context("payments"))
