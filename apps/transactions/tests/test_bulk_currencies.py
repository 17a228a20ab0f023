"""Transfers of several currencies in one set: each stands in its own, none is ever exchanged."""

from collections import Counter
from typing import Any, Final
from uuid import UUID

import pytest

from apps.transactions.models import Entry, Posting
from apps.transactions.tests.test_api import account_of, body, booked, send
from apps.transactions.tests.test_bulk_jobs import bring, lines, work
from apps.transactions.tests.test_holding import laws_hold
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

# A currency, what an item moves of it as text and in its minor units: two, none, three decimals.
MOVES: Final = (("EUR", "12.34", 1_234), ("JPY", "1234", 1_234), ("KWD", "1.234", 1_234))
RICH: Final = 10_000


class Purses:
    """Somebody's account in each currency, and somebody else's."""

    def __init__(self) -> None:
        self.owner = person()
        self.sources = purses_of(self.owner)
        self.targets = purses_of(person(), minor=0)

    def item(self, currency: str, amount: str, **told: Any) -> dict[str, Any]:
        source = self.sources[told.get("source", currency)]
        target = self.targets[told.get("target", currency)]
        return {"id": str(new_id()), **body(source, target, amount, currency)}

    def whole(self) -> list[dict[str, Any]]:
        return [self.item(currency, amount) for currency, amount, _ in MOVES]

    def wrong(self) -> list[dict[str, Any]]:
        """Return items whose currency is not that of one account, or of both."""
        return [
            self.item("EUR", "1.00", source="JPY"),
            self.item("EUR", "1.00", target="KWD"),
            self.item("JPY", "100", source="EUR", target="EUR"),
        ]

    def moved(self) -> dict[str, tuple[int, int]]:
        return {
            currency: (RICH - booked(self.sources[currency]), booked(self.targets[currency]))
            for currency, _, _ in MOVES
        }


def purses_of(owner: Principal, minor: int = RICH) -> dict[str, UUID]:
    return {currency: account_of(owner, minor, currency) for currency, _, _ in MOVES}


NOTHING: Final = {currency: (0, 0) for currency, _, _ in MOVES}
ONCE: Final = {currency: (minor, minor) for currency, _, minor in MOVES}


def test_each_item_moves_in_its_own_currency_and_decimals() -> None:
    purses = Purses()

    answer = send(client_of(purses.owner), {"items": purses.whole()}, path="/bulk")

    assert (answer.status_code, answer.data["posted"]) == (200, 3), answer.content
    assert purses.moved() == ONCE
    ids = [one["id"] for one in answer.data["items"]]
    entries = Entry.objects.filter(posting_id__in=ids).values_list("posting_id", "currency")
    assert set(Counter(entries).values()) == {2}  # two legs, of one currency
    assert laws_hold()


def test_an_item_between_currencies_is_refused_alone_and_the_others_stand() -> None:
    purses = Purses()
    right, wrong = purses.whole(), purses.wrong()
    items = [one for pair in zip(wrong, right, strict=True) for one in pair]

    answer = send(client_of(purses.owner), {"items": items}, path="/bulk")

    assert (answer.data["posted"], answer.data["refused"]) == (3, 3), answer.content
    codes = [one["code"] for one in answer.data["items"]]
    assert codes == ["currency_mismatch", "", "currency_mismatch", "", "currency_mismatch", ""]
    assert purses.moved() == ONCE
    assert not Posting.objects.filter(pk__in=[one["id"] for one in wrong]).exists()
    assert laws_hold()


@pytest.mark.parametrize("number", range(3))
def test_all_or_none_moves_nothing_of_any_currency_where_one_item_is_between_two(
    number: int,
) -> None:
    purses = Purses()
    items = [*purses.whole(), purses.wrong()[number]]

    answer = send(client_of(purses.owner), {"atomic": True, "items": items}, path="/bulk")

    assert answer.status_code == 422
    assert "currency_mismatch" in answer.content.decode()
    assert purses.moved() == NOTHING
    assert laws_hold()


def test_all_or_none_of_several_currencies_is_made_whole() -> None:
    purses = Purses()

    answer = send(client_of(purses.owner), {"atomic": True, "items": purses.whole()}, path="/bulk")

    assert (answer.status_code, purses.moved()) == (200, ONCE), answer.content
    assert laws_hold()


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("JPY", "1.5"), ("KWD", "1.2345"), ("EUR", "1.234"), ("XXQ", "1"), ("eur", "1.00"), ("", "1")],
)
@pytest.mark.parametrize("made", ["now", "later"])
def test_an_amount_that_its_currency_has_not_is_refused_with_the_whole_set(
    currency: str, amount: str, made: str
) -> None:
    purses = Purses()
    broken = purses.item("EUR", "1.00") | {"amount": {"amount": amount, "currency": currency}}
    items = [*purses.whole(), broken]

    if made == "later":
        answer = bring(client_of(purses.owner), items)
    else:
        answer = send(client_of(purses.owner), {"items": items}, path="/bulk")

    assert answer.status_code == 422
    assert "/items/3/amount" in answer.content.decode()
    work()
    assert purses.moved() == NOTHING


def test_a_set_that_is_made_later_keeps_currencies_apart_too() -> None:
    purses = Purses()
    client = client_of(purses.owner)

    answer = bring(client, [*purses.wrong(), *purses.whole()])
    work()

    done = client.get(answer["Location"]).data
    assert (done["posted"], done["refused"]) == (3, 3)
    codes = [one["code"] for one in lines(client, answer["Location"])]
    assert codes == ["currency_mismatch"] * 3 + [""] * 3
    assert purses.moved() == ONCE
    assert laws_hold()
