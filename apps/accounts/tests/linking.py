"""What tests of links share: a ledger that takes histories, and a customer who agrees and links."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.accounts.contracts import Product
from apps.accounts.models import Link
from apps.accounts.services import linking
from apps.accounts.tests.factories import an_account
from apps.accounts.tests.sandbox import agree
from apps.transactions.contracts import History, HistoryAdded, HistoryLine
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.testing import stub


@dataclass
class FakeHistory(History):
    """A ledger that takes histories: a line that is there already is left out."""

    lines: dict[UUID, list[HistoryLine]] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None

    def add_history(
        self, *, batch_id: UUID, account_id: UUID, lines: tuple[HistoryLine, ...]
    ) -> HistoryAdded:
        self.before()
        known = self.lines.setdefault(account_id, [])
        days = {line.booked_date for line in lines}
        there = [line for line in known if line.booked_date in days]
        fresh = list(lines)
        for line in there:
            if line in fresh:
                fresh.remove(line)
        known += fresh
        return HistoryAdded(posted=len(fresh), already_there=len(lines) - len(fresh))


@pytest.fixture
def history() -> Iterator[FakeHistory]:
    fake = FakeHistory()
    with stub(History, fake):
        yield fake


def post(api: APIClient, path: str, body: Any = None) -> Any:
    return api.post(path, body or {}, headers={"Idempotency-Key": str(new_id())})


def begun(api: APIClient) -> dict[str, Any]:
    answer = post(api, "/api/accounts/consents", {"bank": "sandbox"})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def agreed(api: APIClient, customer: str = "calm") -> dict[str, Any]:
    consent = begun(api)
    back = agree(consent["authorization_url"], customer)
    answer = api.post(f"/api/accounts/consents/{consent['id']}/complete", back)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def external(owner: Principal, currency: str = "EUR") -> Any:
    return an_account(owner_id=owner.user_id, product=Product.EXTERNAL, currency=currency)


def linked(api: APIClient, owner: Principal, customer: str = "calm") -> dict[str, Any]:
    consent, account = agreed(api, customer), external(owner)
    body = {"consent_id": consent["id"], "external_account_id": f"{customer}-main"}
    answer = post(api, f"/api/accounts/{account.pk}/link", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def sync(link: dict[str, Any], at: datetime | None = None) -> Link:
    row = Link.objects.get(pk=link["id"])
    return linking.sync_link(link_id=row.pk, owner_id=row.owner_id, now=at or now())
