"""What a command says: lines and live progress for a person, one JSON object for a machine.

With `--json` nothing but the last line goes to standard output, and that line is the answer.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from extraction.failures import Interrupted, Stop


class Terminal:
    """Where a command speaks. With `as_json` the sentences go to standard error."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)
        if not self.console.is_terminal:
            self.console.width = 200  # what reads a file has no margins

    def say(self, sentence: str, *, style: str = "") -> None:
        """Say one sentence."""
        self.console.print(sentence, style=style or None, markup=False)

    def table(self, title: str, headings: list[str], rows: list[list[Any]]) -> None:
        """Show a table; a machine gets its content in the answer."""
        shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for heading in headings:
            shown.add_column(heading, no_wrap=True)
        for row in rows:
            shown.add_row(*(str(cell) for cell in row))
        self.console.print(shown)

    @contextmanager
    def working(self, what: str) -> Iterator["Bar"]:
        """Show that something is under way; where there is no terminal, say it once at its end."""
        if not self.console.is_terminal:
            yield Bar(None, None)
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield Bar(progress, progress.add_task(what, total=None, note=""))

    def answer(self, value: Mapping[str, Any]) -> None:
        """Give the answer of the command, where a machine asked."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
            sys.stdout.flush()


class Bar:
    """The progress of one piece of work."""

    def __init__(self, progress: Progress | None, task: Any) -> None:
        self._progress = progress
        self._task = task

    def note(self, note: str, *, done: float | None = None, total: float | None = None) -> None:
        """Show how far it has come."""
        if self._progress is not None:
            self._progress.update(self._task, note=note, completed=done, total=total)


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, which every command has."""
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")


@contextmanager
def explained(terminal: Terminal, code: list[int]) -> Iterator[None]:
    """Turn what stops a command into a sentence and an exit code: 1 refused, 130 interrupted."""
    try:
        yield
    except Stop as stop:
        terminal.say(str(stop), style="bold red")
        terminal.answer({"error": str(stop), "kind": type(stop).__name__})
        code[:] = [1]
    except (KeyboardInterrupt, Interrupted):
        terminal.say("Interrupted. `python -m extraction status` says where things stand.")
        terminal.answer({"error": "interrupted", "kind": "Interrupted"})
        code[:] = [130]
