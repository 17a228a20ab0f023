"""Progress is a bar at a terminal and lines in a log, and never more than asked for."""

import io

import pytest

from vortex.telemetry.progress import Style, progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(style: Style, stream: io.StringIO, steps: int = 20) -> str:
    with progress("Postings", 20, style=style, stream=stream) as advance:
        for _ in range(steps):
            advance(1)
    return stream.getvalue()


@pytest.mark.parametrize("style", ["auto", "plain"])
def test_a_log_gets_a_line_for_every_tenth(style: Style):
    lines = shown(style, io.StringIO()).splitlines()

    assert len(lines) == 10
    assert lines[0] == "Postings: 2 of 20"
    assert lines[-1] == "Postings: 20 of 20"


@pytest.mark.parametrize("style", ["auto", "bar"])
def test_a_terminal_gets_a_bar(style: Style):
    drawn = shown(style, Terminal())

    assert "Postings" in drawn
    assert "20/20" in drawn
    assert "of 20" not in drawn


def test_a_terminal_that_wants_lines_gets_lines():
    assert "Postings: 20 of 20\n" in shown("plain", Terminal())


def test_nothing_to_do_says_nothing():
    stream = io.StringIO()

    with progress("Postings", 0, stream=stream):
        pass

    assert stream.getvalue() == ""


def test_a_failure_inside_comes_out():
    with pytest.raises(ZeroDivisionError), progress("Postings", 1, stream=io.StringIO()):
        raise ZeroDivisionError
