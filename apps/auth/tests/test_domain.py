"""What auth accepts: addresses, passwords, names, roles, and what a refresh token means."""

import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.auth.contracts import InvalidEmail, InvalidName, UnknownRole, WeakPassword
from apps.auth.domain import passwords
from apps.auth.domain.device import Device
from apps.auth.domain.email import canonical_email
from apps.auth.domain.names import checked_name
from apps.auth.domain.roles import checked_roles
from apps.auth.domain.rotation import GRACE, Line, Verdict, judge
from vortex.ids import new_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        (" ada@example.com\n", "ada@example.com"),
        ("ａｄａ@ｅｘａｍｐｌｅ.com", "ada@example.com"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("\u212a@x.com", "k@x.com"),  # the Kelvin sign
    ],
)
def test_an_address_has_one_spelling(typed, kept):
    assert canonical_email(typed) == kept


def test_a_plus_address_is_an_address_of_its_own():
    assert canonical_email("ada+bank@example.com") != canonical_email("ada@example.com")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        '"a b"@example.com',
        "a..b@example.com",
        "a@b@example.com",
        "a@-x.com",
        "a@x.com.",
        "a\x00da@example.com",
        "ada@exam\x00ple.com",
        "аda@example.com",  # a Cyrillic first letter
        "ada@раypal.com",  # two Cyrillic letters among Latin ones
        "a\r\nBcc: b@example.com",
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "x" * 10_000,
        "\u202eada@example.com",
    ],
)
def test_what_is_no_address_or_imitates_one_is_refused(typed):
    with pytest.raises(InvalidEmail):
        canonical_email(typed)


@given(st.text() | st.emails())
def test_a_canonical_address_is_ascii_in_lower_case_and_canonical_again(typed: str):
    with suppress(InvalidEmail):
        kept = canonical_email(typed)

        assert kept.isascii()
        assert kept == kept.lower() == canonical_email(kept)


@given(st.text(min_size=12, max_size=60))
@pytest.mark.asvs("V6.2.5", "V6.2.9")
def test_a_long_password_of_any_characters_is_taken(typed: str):
    normal = unicodedata.normalize("NFKC", typed)
    if "\x00" not in typed and 12 <= len(normal) <= 128:
        assert passwords.acceptable(typed) == normal


def test_a_password_is_the_same_from_every_keyboard():
    assert passwords.acceptable("ﬁsh and chips, é") == passwords.acceptable(
        "fish and chips, e\u0301"
    )


@pytest.mark.parametrize(
    "typed", ["", "short", "elevenchars", "x" * 129, "x" * 10_240, "ﷺ" * 20, "nul\x00in the middle"]
)
@pytest.mark.asvs("V6.2.1")
def test_a_password_that_is_too_short_too_long_or_untypable_is_refused(typed):
    with pytest.raises(WeakPassword):
        passwords.acceptable(typed)


@pytest.mark.parametrize("typed", ["", "  ", "x" * 121, "a\nb", "a\x00", "\ud800"])
def test_a_name_that_no_screen_can_show_is_refused(typed):
    with pytest.raises(InvalidName):
        checked_name(typed)


@pytest.mark.parametrize("typed", ["Ada", "محمد", "李 小龍", "<b>Ada</b>", "O'Brien"])
def test_a_name_is_kept_as_it_was_written(typed):
    assert checked_name(typed) == typed


def test_a_role_that_does_not_exist_is_refused():
    with pytest.raises(UnknownRole):
        checked_roles(("customer", "superuser"))
    assert checked_roles(("customer", "customer")) == ("customer",)


@pytest.mark.parametrize(
    ("back", "after", "verdict"),
    [
        (1, timedelta(0), Verdict.REPEAT),
        (1, GRACE, Verdict.REPEAT),
        (1, GRACE + timedelta(microseconds=1), Verdict.REUSE),
        (2, timedelta(0), Verdict.REUSE),
    ],
)
def test_only_the_token_just_replaced_may_come_again_and_only_for_a_while(back, after, verdict):
    current, previous, older = new_id(), new_id(), new_id()
    line = Line(current, previous, NOON)

    assert judge(line, {1: previous, 2: older}[back], NOON + after) is verdict


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_of_an_address_only_the_neighbourhood_is_kept(address, kept):
    assert Device(address, "").neighbourhood == kept


def test_a_user_agent_is_kept_short_and_printable():
    assert Device("", "curl\x1b[2J" + "x" * 500).name == ("curl[2J" + "x" * 500)[:200]


@pytest.mark.asvs("V6.2.11")
@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("VortexCore2026!", True),
        ("vortex-bank-admin-1", True),
        ("Password1234!!", True),
        ("ada.lovelace.1815", True),
        ("lovelaceLOVELACE", True),
        ("123456789012345", True),
        ("correct horse battery", False),
        ("vortex-demo-2026", False),
        ("Bank holiday in Rye", False),
        ("пароль по-русски", False),
    ],
)
def test_a_password_is_not_made_of_the_banks_words_or_ones_own(password: str, *, weak: bool):
    own = passwords.words_of("ada@example.com", "Ada Lovelace")

    assert passwords.is_made_of(password, own) is weak
