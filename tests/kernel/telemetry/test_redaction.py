"""What must never be written is not written, whatever it hides in; the rest is."""

import dataclasses
import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vortex.ids import new_id
from vortex.telemetry.redaction import REDACTED, redact, redact_text

VISA = "4111111111111111"
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def written(**entry) -> str:
    return msgspec.json.encode(redact(None, "info", entry)).decode()


@pytest.mark.parametrize(
    "name",
    "password new_password newPassword PASSWORD Authorization X-Auth-Token access_token refresh"
    " token ticket secret client_secret cookie Set-Cookie otp totp_code cvc pan memo memo_text"
    " api_key private_key jwt".split(),
)
def test_a_field_with_a_secret_name_is_not_written(name):
    assert "hunter2" not in written(**{name: "hunter2"})
    assert "hunter2" not in written(outer={name: ["hunter2"]}, rows=[{name: {"x": "hunter2"}}])
    assert written(**{name: None}) == f'{{"{name}":null}}'


@pytest.mark.parametrize(
    "name", ["payment_id", "span", "panel", "status", "tokenizer", "expansion"]
)
def test_a_field_that_only_sounds_like_one_is_written(name):
    assert "value" in written(**{name: "value"})


@pytest.mark.parametrize(
    "number",
    [
        VISA,
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "3782 822463 10005",
        "5555555555554444",
        "6011111111111117",
        "4222222222222",
        "6304000000000000000",
    ],
)
def test_a_card_number_is_not_written_wherever_it_stands(number):
    for text in (number, f"card {number}.", f"({number})", f"{number} 12 27", f"on 12 {number}"):
        assert number not in redact_text(text)
    assert REDACTED in written(deep=[{"x": f"a {number}"}])


def test_a_card_number_that_is_a_number_is_not_written():
    assert VISA not in written(n=int(VISA), rows=[int(VISA)])


def test_digits_that_are_no_card_number_are_written():
    for text in ("4111111111111112", "1234567890123", "amount_minor=1234567890123", "2026-11-22"):
        assert redact_text(text) == text


def test_ids_are_written():
    for _ in range(500):
        identifier = new_id()
        assert redact_text(str(identifier)) == str(identifier)
    for number in range(5000):
        trace_id = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        assert redact_text(trace_id) == trace_id


@pytest.mark.parametrize(
    ("iban", "masked"),
    [
        ("GB82WEST12345698765432", "GB82…5432"),
        ("GB82 WEST 1234 5698 7654 32", "GB82…5432"),
        ("gb82west12345698765432", "GB82…5432"),
        ("DE89370400440532013000", "DE89…3000"),
        ("LT12 1000 0111 0100 1000", "LT12…1000"),
        ("NO9386011117947", "NO93…7947"),
    ],
)
def test_an_iban_is_masked_and_the_words_around_it_stay(iban, masked):
    assert redact_text(iban) == masked
    assert redact_text(f"from {iban}, done") == f"from {masked}, done"
    assert redact_text(f"from {iban} was WELL done") == f"from {masked} was WELL done"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"got {JWT} back", JWT),
        (f"Authorization: Bearer {JWT}", JWT),
        ("Bearer abcdef0123456789", "abcdef0123456789"),
        ("Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
        ("postgresql://vortex:hunter2@db:5432/auth_db", "hunter2"),
        ("redis://:hunter2@cache/0", "hunter2"),
    ],
)
def test_a_credential_in_a_text_is_not_written(text, secret):
    assert secret not in redact_text(text)


def test_an_address_without_a_password_is_written():
    assert redact_text("GET http://localhost:8000/api") == "GET http://localhost:8000/api"


def test_nobody_forges_a_line():
    assert "\n" not in redact_text("one\ntwo\r\x1b[31m\u2028three\x00")


def test_an_object_is_written_as_its_text_and_no_other_way():
    @dataclasses.dataclass
    class Card:
        number: str

    class Sealed(msgspec.Struct):
        number: str

    assert VISA not in written(card=Card(VISA), sealed=Sealed(VISA), error=ValueError(VISA))
    assert VISA not in written(raw=VISA.encode())


def test_the_lines_of_a_traceback_stay_and_what_it_quotes_does_not():
    entry = {"event": "x", "exception": f"Traceback:\n  File a\nValueError: {VISA}"}

    assert redact(None, "error", entry)["exception"] == (
        f"Traceback:\n  File a\nValueError: {REDACTED}"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=5) | st.uuids(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


@given(st.dictionaries(st.text(), JSON))
def test_every_entry_comes_out_as_json(entry):
    msgspec.json.encode(
        msgspec.json.decode(
            written(**{"event": "x", **{f"x{name}": entry[name] for name in entry}})
        )
    )
