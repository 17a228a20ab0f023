"""Administration of the ledger: it looks, and what it decides goes through a service, audited."""

from apps.transactions.admin.ledger import AccountAdmin, PostingAdmin
from apps.transactions.admin.reviews import ReviewAdmin

# Django imports this package for what its modules register.
__all__ = ["AccountAdmin", "PostingAdmin", "ReviewAdmin"]
