"""Progress of a long command: a bar for a person at a terminal, a line per tenth for a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

Style = Literal["auto", "bar", "plain"]
STYLES: tuple[Style, ...] = ("auto", "bar", "plain")


@contextmanager
def progress(
    label: str, total: int, *, style: Style = "auto", stream: TextIO | None = None
) -> Iterator[Callable[[int], None]]:
    """Show how far a piece of work has come while the block runs.

    Yields a function that takes how many more of `total` are done. `auto` draws a bar where the
    stream is a terminal and writes plain lines everywhere else.
    """
    stream = stream or sys.stderr
    drawn = style == "bar" or (style == "auto" and stream.isatty())
    with (_bar if drawn else _lines)(label, total, stream) as advance:
        yield advance


@contextmanager
def _bar(label: str, total: int, stream: TextIO) -> Iterator[Callable[[int], None]]:
    from rich import progress as drawing
    from rich.console import Console

    columns = (
        drawing.TextColumn("{task.description}"),
        drawing.BarColumn(),
        drawing.MofNCompleteColumn(),
        drawing.TimeElapsedColumn(),
    )
    with drawing.Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.advance(task, done)


@contextmanager
def _lines(label: str, total: int, stream: TextIO) -> Iterator[Callable[[int], None]]:
    so_far = said = 0

    def advance(done: int) -> None:
        nonlocal so_far, said
        so_far += done
        tenth = so_far * 10 // total if total else 10
        if tenth > said:
            said = tenth
            stream.write(f"{label}: {so_far:,} of {total:,}\n")
            stream.flush()

    yield advance
