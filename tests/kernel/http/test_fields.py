"""Money is an object of two texts, and what is wrong with it is said where it is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vortex.http.fields import MoneyField
from vortex.money import MAX_MINOR, Money

pytestmark = pytest.mark.servers


@given(
    st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR),
    st.sampled_from(["EUR", "GBP", "JPY", "KWD", "CLF"]),
)
def test_money_that_is_written_is_read_as_it_was(minor, currency):
    field, money = MoneyField(), Money(minor, currency)

    assert field.to_internal_value(field.to_representation(money)) == money


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        (12.34, "/amount", "not_an_object"),
        ("12.34", "/amount", "not_an_object"),
        (None, "/amount", "null"),
        ([], "/amount", "not_an_object"),
        ({"currency": "EUR"}, "/amount/amount", "required"),
        ({"amount": "1.00"}, "/amount/currency", "required"),
        ({"amount": 1, "currency": "EUR"}, "/amount/amount", "not_text"),
        ({"amount": 1.5, "currency": "EUR"}, "/amount/amount", "not_text"),
        ({"amount": True, "currency": "EUR"}, "/amount/amount", "not_text"),
        ({"amount": "1.00", "currency": 978}, "/amount/currency", "not_text"),
        ({"amount": "1.00", "currency": "XXQ"}, "/amount/currency", "unknown_currency"),
        ({"amount": "1.00", "currency": "eur"}, "/amount/currency", "unknown_currency"),
        ({"amount": "1.000", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "1.00", "currency": "JPY"}, "/amount/amount", "invalid_amount"),
        ({"amount": "NaN", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "Infinity", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "1e3", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": " 1.00", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "1,00", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "١.٠٠", "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "9" * 40, "currency": "EUR"}, "/amount/amount", "invalid_amount"),
        ({"amount": "0.00", "currency": "EUR"}, "/amount/amount", "amount_not_positive"),
        ({"amount": "-0.01", "currency": "EUR"}, "/amount/amount", "amount_not_positive"),
        ({"amount": "1.00", "currency": "EUR", "rate": "2"}, "/amount", "unknown_field"),
    ],
    ids=str,
)
def test_what_is_not_money_is_refused_where_it_is_wrong(client, sent, pointer, code):
    response = client.post("/api/test/pay", {"amount": sent})

    assert response.status_code == 422
    assert [(part["pointer"], part["code"]) for part in response.json()["errors"]] == [
        (pointer, code)
    ]


def test_money_comes_back_with_the_decimals_of_its_currency(client):
    response = client.post("/api/test/pay", {"amount": {"amount": "5", "currency": "EUR"}})

    assert response.json() == {"amount": {"amount": "5.00", "currency": "EUR"}}
