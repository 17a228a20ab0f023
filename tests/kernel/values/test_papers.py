"""What goes on paper and into cells is words: nothing in it runs, and nothing turns it around."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from vortex.papers.pdf import letters, paragraph, table, written
from vortex.papers.text import drawable, guarded, plain, unguarded

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
PADDING = ["", " ", "\u00a0", "\u200b", "\ufeff "]


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("sign", SIGNS)
def test_what_a_spreadsheet_would_run_has_an_apostrophe_in_front(sign: str, padding: str):
    text = f"{padding}{sign}1+1"

    assert guarded(text) == f"'{text}"


@given(st.text().filter(lambda text: not text.startswith("'")))
def test_the_apostrophe_comes_off_again_and_nothing_else_does(text: str):
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "Café", "O'Neill", "'s-Hertogenbosch", "'quoted'", "1-2=3"])
def test_words_stay_as_they_are(text: str):
    assert guarded(text) == text
    assert unguarded(text) == text


@given(st.text())
def test_plain_text_is_one_line_that_reads_in_one_direction(text: str):
    said = plain(text)

    assert not set(said) & set("\r\n\x00\x1b\u202e\u2066")
    assert plain(said) == said


@given(st.text())
def test_only_letters_that_the_font_has_are_drawn(text: str):
    assert {ord(letter) for letter in drawable(text, letters())} <= letters()


def test_a_document_is_numbered_and_takes_no_markup_from_words():
    rows: list[list[Any]] = [["Text", "A", "B"]]
    rows += [[paragraph(f"<b>{n}</b>"), "1", "2"] for n in range(200)]

    content = written(
        [paragraph("e\u0301\u202e\U0001f600", size=12), table(rows, widths_mm=(60, 20, 20))],
        title="Words",
        margin_mm=18,
    )

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert len(pages) > 1
    assert pages[0].startswith("é?")
    assert "<b>199</b>" in pages[-1]
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
