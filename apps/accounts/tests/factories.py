"""Accounts that tests are about, opened as the bank opens them."""

from typing import Any

from apps.accounts import services
from apps.accounts.contracts import Product
from apps.accounts.domain.terms import Terms
from apps.accounts.models import Account
from vortex.clock import now
from vortex.ids import new_id


def an_account(**told: Any) -> Account:
    """Open an account; name only what the test is about."""
    terms = Terms(
        owner_id=told.pop("owner_id", None) or new_id(),
        product=told.pop("product", Product.CHECKING),
        currency=told.pop("currency", "EUR"),
        overdraft_minor=told.pop("overdraft_minor", 0),
    )
    return services.open_account(
        account_id=told.pop("account_id", None) or new_id(),
        terms=terms,
        nickname=told.pop("nickname", ""),
        opened_at=told.pop("opened_at", None) or now(),
        **told,
    )
