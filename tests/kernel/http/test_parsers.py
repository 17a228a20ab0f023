"""A body is read in one way or not at all."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vortex.http.parsers import DEEPEST, read
from vortex.http.refusals import ParseError

pytestmark = pytest.mark.servers

WHOLE = st.integers(min_value=-(2**63), max_value=2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
PLAIN = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


@given(VALUES)
def test_what_is_written_as_json_is_read_as_it_was(value):
    assert read(msgspec.json.encode(value)) == value


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b'{"a": 1} {"a": 2}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9223372036854775808}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00\\ud800"}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": "\n"}',
    ],
    ids=lambda body: repr(body)[:30],
)
def test_what_could_be_understood_in_two_ways_is_refused(client, body):
    response = client.post("/api/test/echo", data=body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"


@pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 100_000])
def test_a_tower_of_brackets_is_refused(levels):
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        with pytest.raises(ParseError):
            read(opening * levels + b"1" + closing * levels)
        with pytest.raises(ParseError):
            read(opening * levels)


def test_as_many_levels_as_allowed_are_read():
    assert read(b"[" * DEEPEST + b"]" * DEEPEST)


def test_many_keys_of_which_the_last_comes_twice_are_refused_quickly():
    pairs = ",".join(f'"{number}":0' for number in range(100_000))

    with pytest.raises(ParseError, match="'99999'"):
        read(f'{{{pairs},"99999":1}}'.encode())


def test_a_body_beyond_the_limit_is_a_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = b'{"a": "' + b"x" * 200 + b'"}'

    response = client.post("/api/test/echo", data=body, content_type="application/json")

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"
    assert response.json()["limit_bytes"] == 100


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/json; charset=utf-16"]
)
def test_another_media_type_is_a_415(client, media_type):
    response = client.post("/api/test/echo", data=b"{}", content_type=media_type)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


def test_utf8_said_aloud_is_fine(client):
    response = client.post(
        "/api/test/echo", data='{"a": "é"}'.encode(), content_type="application/json; charset=UTF-8"
    )

    assert response.json() == {"got": {"a": "é"}}
