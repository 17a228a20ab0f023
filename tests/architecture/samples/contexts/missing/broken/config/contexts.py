"""Four."""

CONTEXTS = (Context("auth"), Context("accounts"), Context("payments"), Context("cards"))
