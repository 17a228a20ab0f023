"""Money keeps every minor unit and refuses what is not money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vortex.money import MAX_MINOR, CurrencyMismatch, InvalidAmount, Money, UnknownCurrency

currencies = st.sampled_from(["EUR", "GBP", "JPY", "KWD", "CLF", "CZK"])
minors = st.integers(-MAX_MINOR, MAX_MINOR)


@given(minors, currencies)
def test_an_amount_written_and_read_again_is_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.parse(money.amount, currency) == money


@given(minors, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_the_parts_of_a_split_add_up_to_the_whole(minor: int, weights: list[int]) -> None:
    parts = Money(minor, "EUR").split(tuple(weights))

    assert sum(part.minor for part in parts) == minor
    assert all(part.minor == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("1e3", "EUR"),
        ("1e-9", "EUR"),
        ("1,000.00", "EUR"),
        (" 1.00", "EUR"),
        ("1.00\n", "EUR"),
        ("+1", "EUR"),
        ("1.", "EUR"),
        (".5", "EUR"),
        ("01.00", "EUR"),
        ("", "EUR"),
        ("１.00", "EUR"),
        ("1.005", "EUR"),
        ("1.50", "JPY"),
        ("1.2345", "KWD"),
        ("90000000000000.01", "EUR"),
        ("9" * 400, "EUR"),
    ],
)
def test_what_is_not_a_plain_amount_of_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.parse(amount, currency)


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "eur", "€€€", "ZZZ"])
def test_a_currency_that_iso_4217_does_not_know_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money.parse("1.00", currency)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "GBP")
