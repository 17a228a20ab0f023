"""A run of the proof writes its rows into a page and leaves what it did not measure."""

from pathlib import Path

import pytest

from tests.topologies.pages import publish

PAGE = """words before
<!-- faults -->
| fault | lost |
| --- | ---: |
| a slow disk | 0 |
| a lost slot | 1 |
<!-- end of faults -->
words after
"""
ORDER = ["a killed mover", "a lost slot", "a slow disk"]


def test_a_row_of_the_same_name_is_replaced_and_others_stay_in_their_order(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    rows = [["fault", "lost"], ["a lost slot", "0"], ["a killed mover", "0"]]
    publish(page, "faults", rows, key=0, order=ORDER)

    assert page.read_text().splitlines()[4:7] == [
        "| a killed mover | 0 |",
        "| a lost slot | 0 |",
        "| a slow disk | 0 |",
    ]
    assert page.read_text().startswith("words before\n")
    assert page.read_text().endswith("words after\n")


def test_a_page_without_the_table_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("words")

    with pytest.raises(LookupError, match="no table"):
        publish(page, "faults", [["fault"], ["x"]], key=0, order=[])

    assert page.read_text() == "words"
