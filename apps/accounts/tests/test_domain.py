"""The rules of holding an account: its states, its number, and what may be written on it."""

from contextlib import suppress
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN

from apps.accounts.contracts import AccountIsClosed, AccountStatus, InvalidIban, InvalidNickname
from apps.accounts.domain import iban, labels
from apps.accounts.domain.standing import (
    DIRECTIONS,
    RESTRICTIONS,
    Change,
    FrozenByBank,
    Party,
    Standing,
    after,
    standings_of,
    status_of,
)


def mod_97(text: str) -> int:
    """ISO 7064 over an IBAN, written without a library as a second opinion."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97


@pytest.mark.parametrize(("standing", "change", "party"), list(product(Standing, Change, Party)))
def test_every_change_has_an_outcome_and_asking_twice_is_asking_once(standing, change, party):
    try:
        outcome = after(standing, change, party)
    except (AccountIsClosed, FrozenByBank):
        return

    assert after(outcome, change, party) is outcome


@pytest.mark.parametrize("change", [Change.UNFREEZE, Change.CLOSE])
def test_a_holder_does_not_get_out_of_the_banks_freeze(change):
    with pytest.raises(FrozenByBank):
        after(Standing.FROZEN_BY_BANK, change, Party.HOLDER)


@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize("change", [Change.FREEZE, Change.UNFREEZE])
def test_nothing_about_a_closed_account_changes(change, party):
    with pytest.raises(AccountIsClosed):
        after(Standing.CLOSED, change, party)


def test_a_holders_freeze_lets_the_salary_in_and_the_banks_lets_nothing_through():
    assert RESTRICTIONS[DIRECTIONS[Standing.FROZEN_BY_HOLDER]] == (True, False)
    assert RESTRICTIONS[DIRECTIONS[Standing.FROZEN_BY_BANK]] == (True, True)
    assert RESTRICTIONS[DIRECTIONS[Standing.ACTIVE]] == (False, False)


def test_every_standing_is_called_by_one_status_and_found_by_it():
    for standing in Standing:
        assert standing in standings_of(status_of(standing))
    assert sorted(sum((standings_of(status) for status in AccountStatus), ())) == sorted(Standing)


@given(st.uuids(), st.sampled_from(["EUR", "GBP", "USD", "JPY"]), st.integers(0, 9))
def test_every_generated_iban_is_valid_to_two_judges(account_id: UUID, currency, attempt):
    number = iban.iban_for(account_id, currency, attempt)

    assert IBAN(number, validate_bban=True).is_valid
    assert mod_97(number) == 1
    assert number == iban.iban_for(account_id, currency, attempt)
    assert iban.canonical(iban.grouped(number).lower()) == number


@given(st.uuids())
def test_no_generated_iban_names_a_real_bank(account_id: UUID):
    german, british = IBAN(iban.iban_for(account_id, "EUR")), IBAN(iban.iban_for(account_id, "GBP"))

    assert (german.country_code, german.bank) == ("DE", None)
    assert (british.country_code, british.bank) == ("GB", None)
    assert german.bank_code.startswith("9")


@given(st.uuids())
def test_a_second_attempt_draws_another_number(account_id: UUID):
    assert iban.iban_for(account_id, "EUR", 0) != iban.iban_for(account_id, "EUR", 1)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "DE",
        "DE89370400440532013001",  # one digit wrong
        "XX89370400440532013000",
        "DE8937040044053201300",
        "ＤＥ89370400440532013000",
        "DE8937040044053201300٠",
        "DE89\x0037040044053201",
        "' or 1=1 --",
        "9" * 10_000,
    ],
)
def test_what_is_no_iban_is_refused_without_being_repeated(garbage):
    with pytest.raises(InvalidIban) as refused:
        iban.canonical(garbage)

    assert len(garbage.strip()) < 3 or garbage not in refused.value.detail


@given(st.text())
def test_any_text_is_an_iban_or_is_refused(text: str):
    with suppress(InvalidIban):
        assert IBAN(iban.canonical(text)).is_valid


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Rent & food",
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "\u202eevil\u202c",
        "🐟" * 64,
    ],
)
def test_a_nickname_is_kept_as_it_was_written(written):
    assert labels.checked_nickname(written) == written


@pytest.mark.parametrize("written", ["x" * 65, "a\nb", "a\x1b[2Jb", "\x00", "\ud800"])
def test_a_nickname_that_no_screen_can_show_is_refused(written):
    with pytest.raises(InvalidNickname):
        labels.checked_nickname(written)


def test_masks_show_enough_to_recognise_and_no_more():
    assert iban.masked("DE28999999991791297261") == "DE•• •••• 7261"
    assert labels.masked_name("Ada  King Lovelace") == "A••• K••• L•••"
    assert labels.masked_name("") == "•••"
