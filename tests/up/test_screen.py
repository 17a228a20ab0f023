"""The status line shows what a person needs, whatever a process writes into its log."""

import sys
from pathlib import Path

import pytest
from rich.console import Console

from config.up.screen import readable, table
from vortex.embedded.process import Process
from vortex.embedded.supervisor import Program, State, Watch


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "payments.payment.settled", "level": "info"}', "payments.payment.settled"),
        ('{"message": "started"}', "started"),
        ("\x1b[32mINFO\x1b[0m ready", "INFO ready"),
        ("plain words", "plain words"),
        ("[1, 2]", "[1, 2]"),
        ("{broken", "{broken"),
    ],
)
def test_a_log_line_is_shown_as_words(line: str, shown: str) -> None:
    assert readable(line) == shown


def test_a_row_says_who_how_and_what_last(tmp_path: Path) -> None:
    program = Program(Process("relay", tmp_path), (sys.executable,), {}, tmp_path)
    program.process.log.parent.mkdir()
    program.process.log.write_text('first\n{"event": "relay.batch.published"}\n\n')
    watch = Watch(program, 0, State.RUNNING, restarts=2, memory_bytes=90_000_000)
    console = Console(width=120, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115

    console.print(table([watch]))
    console.file.close()

    row = console.export_text().splitlines()[1].split()
    assert row == ["relay", "running", "90", "MB", "2", "relay.batch.published"]
