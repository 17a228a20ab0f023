"""The lane in front of the API, in this process, and the API alone beside it; with real tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.transactions.lane.application import PostingLane
from apps.transactions.tests.test_api import account_of
from vortex.contracts import Principal
from vortex.http.asgi import Application
from vortex.ids import new_id
from vortex.testing import doors, person
from vortex.testing.doors import InFront, Site, token

__all__ = ["Payer", "Site", "site", "token"]


class Payer:
    """A customer with two accounts, and somebody to pay."""

    def __init__(self, minor: int = 10_000) -> None:
        self.principal: Principal = person()
        self.token = token(self.principal)
        self.source = account_of(self.principal, minor)
        self.savings = account_of(self.principal)
        self.shop = account_of(person())

    def names(self) -> dict[str, str]:
        """Return what the two worlds of a comparison call the same."""
        ids = {"source": self.source, "savings": self.savings, "shop": self.shop}
        return {name: str(value) for name, value in ids.items()}

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of a transfer of 1.00 to the shop, with some of them changed."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": new_id().hex,
            "Content-Type": "application/json",
        }
        said = {
            "source_account_id": str(self.source),
            "target_account_id": str(self.shop),
            "amount": {"amount": "1.00", "currency": "EUR"},
        }
        return {"url": "/api/transactions", "headers": headers, "json": said} | changes


@contextmanager
def site(settings: Any) -> Iterator[Site]:
    """Open both doors."""

    def lane(application: Application) -> InFront:
        posting = PostingLane(application)
        return InFront(posting, posting.door, posting.close)

    with doors.site(settings, lane) as opened:
        yield opened
