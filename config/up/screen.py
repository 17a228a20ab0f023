"""What the person at the terminal sees: sentences, and below them one living line per process."""

import re
import time
from collections.abc import Sequence
from typing import Protocol

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vortex.embedded.supervisor import State, Watch

_COLOURS = {
    State.WAITING: "yellow",
    State.RUNNING: "green",
    State.RESTARTING: "red",
    State.STOPPED: "dim",
}
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Screen(Protocol):
    """A terminal, or a file that someone reads later."""

    def tell(self, sentence: str) -> None:
        """Say what happened."""

    def show(self, watches: Sequence[Watch], warning: str) -> None:
        """Show how the processes are now."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Plain:
    """Sentences only: for a file, a pipe, a container's log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()
        self._warned = ""

    def tell(self, sentence: str) -> None:
        """Print the sentence with the seconds since the start."""
        elapsed = time.monotonic() - self._start
        self._console.print(
            f"{elapsed:6.1f} s  {sentence}", markup=False, highlight=False, soft_wrap=True
        )

    def show(self, watches: Sequence[Watch], warning: str) -> None:  # noqa: ARG002 - the lines live
        """Print a new warning; a log has no use for the same table again and again."""
        if warning and warning != self._warned:
            self.tell(warning)
        self._warned = warning

    def close(self) -> None:
        """Leave everything as it is."""


class Living(Plain):
    """Sentences above a table that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        # Redrawn by us alone: a second thread would be one too many for a process that forks.
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def show(self, watches: Sequence[Watch], warning: str) -> None:
        """Redraw the table."""
        if not self._live.is_started:
            self._live.start()
        parts: list[RenderableType] = [table(watches)]
        if warning:
            parts.append(Text(warning, style="bold red"))
        self._live.update(Group(*parts), refresh=True)

    def close(self) -> None:
        """Remove the table and give the cursor back."""
        self._live.stop()


def screen() -> Screen:
    """Return the screen that fits where the output goes."""
    console = Console()
    return Living(console) if console.is_terminal else Plain(console)


def table(watches: Sequence[Watch]) -> Table:
    """Return one row per process: name, pid, state, memory, restarts and its last words."""
    shown = Table(box=None, pad_edge=False, expand=True)
    for heading in ("process", "pid", "state", "memory", "restarts"):
        shown.add_column(heading, no_wrap=True, justify="right" if heading == "memory" else "left")
    shown.add_column("last line of its log", no_wrap=True, overflow="ellipsis", ratio=1)
    for watch in watches:
        shown.add_row(
            watch.name,
            str(watch.part.process.pid or ""),
            Text(watch.state.value, style=_COLOURS[watch.state]),
            megabytes(watch.memory_bytes) if watch.memory_bytes else "",
            str(watch.restarts or ""),
            Text(watch.note or last_words(watch), style="dim"),
        )
    total = sum(watch.memory_bytes for watch in watches)
    shown.add_row("", "", "", megabytes(total) if total else "", "", "")
    return shown


def megabytes(size: int) -> str:
    """Return a size as whole megabytes."""
    return f"{size / 1_000_000:.0f} MB"


def last_words(watch: Watch) -> str:
    """Return the last line of a log, its event where the line is one of our structured ones."""
    lines = watch.part.process.last_lines()
    return readable(lines[0]) if lines else ""


def readable(line: str) -> str:
    """Return the event and its message from a JSON log line, any other line without colours."""
    try:
        record = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return _ESCAPES.sub("", line)
    return str(record.get("event") or record.get("message") or line)
