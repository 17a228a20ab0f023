"""Accounts that tests are about, opened as the bank opens them, and where they are kept."""

from typing import Any, Final

from apps.accounts.contracts import Product
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account
from apps.accounts.services import opening
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id

# The database of accounts, which has another alias where accounts runs alone.
OWN: Final = alias_of("accounts")


def an_account(**told: Any) -> Account:
    """Open an account; name only what the test is about."""
    terms = Terms(
        owner_id=told.pop("owner_id", None) or new_id(),
        product=told.pop("product", Product.CHECKING),
        currency=told.pop("currency", "EUR"),
        overdraft_minor=told.pop("overdraft_minor", 0),
    )
    return opening.open_account(
        account_id=told.pop("account_id", None) or new_id(),
        terms=terms,
        nickname=told.pop("nickname", ""),
        opened_at=told.pop("opened_at", None) or now(),
        **told,
    )
