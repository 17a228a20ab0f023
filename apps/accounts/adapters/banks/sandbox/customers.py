"""The sandbox bank's customers, their accounts and a quarter of a year of movements."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

DAYS: Final = 90
CUSTOMERS: Final = {
    "calm": "A customer for whom everything works",
    "slow": "The bank takes longer than anybody waits",
    "garbage": "The bank answers with something else",
    "huge": "The bank answers without end",
    "somebody-else": "The bank answers with somebody else's movements",
    "forgetful": "The bank has forgotten that the customer agreed",
}


@dataclass(frozen=True)
class Movement:
    """A movement in minor units; positive is a credit."""

    day: date
    minor: int
    text: str
    party: str


def accounts(customer: str) -> list[dict[str, Any]]:
    """Return a customer's accounts, as the API shows them."""
    return [
        _account(customer, "main", "EUR", "DE02120300000000202051", "Girokonto"),
        _account(customer, "spare", "EUR", "DE02500105170137075030", "Tagesgeld"),
        _account(customer, "london", "GBP", "GB33BUKB20201555555555", "Current account"),
    ]


def movements(account_id: str, today: date) -> list[Movement]:
    """Return what was booked on an account up to a day, oldest first, the same for the same day."""
    first = today - timedelta(days=DAYS)
    days = (first + timedelta(days=n) for n in range(DAYS + 1))
    return [movement for day in days for movement in _of(account_id, day)]


def balance(account_id: str, today: date) -> int:
    """Return what is booked: an account had something before its first movement."""
    return 250_000 + sum(movement.minor for movement in movements(account_id, today))


def _of(account_id: str, day: date) -> Iterator[Movement]:
    if account_id.endswith("-spare"):
        if day.day == 1:
            yield Movement(day, 12_50, "Interest", "Other Bank")
        return
    if day.day == 25:
        yield Movement(day, 2_350_00, "Salary", "Example Works Ltd")
    if day.day == 1:
        yield Movement(day, -890_00, "Rent", "Hausverwaltung Nord")
    if day.toordinal() % 3 == 0:
        yield Movement(day, -(1_500 + day.toordinal() * 37 % 4_000), "Groceries", "Corner Market")
    if day.weekday() == 4:  # twice the same on one day, as real coffees are
        yield from [Movement(day, -3_20, "Coffee", "Cafe Lento")] * 2


def _account(customer: str, name: str, currency: str, number: str, nickname: str) -> dict[str, Any]:
    scheme = "UK.OBIE.IBAN"
    return {
        "AccountId": f"{customer}-{name}",
        "Status": "Enabled",
        "StatusUpdateDateTime": "2026-01-01T00:00:00+00:00",
        "Currency": currency,
        "AccountCategory": "Personal",
        "AccountTypeCode": "CACC",
        "Nickname": nickname,
        "Account": [{"SchemeName": scheme, "Identification": number, "Name": customer.title()}],
    }
