"""What the how-to tells a stranger to type does what it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from extraction.up.topology import separated
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "how-to" / "carve-out-a-context.md"


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_command_is_of_a_kind_that_is_tried() -> None:
    tried = (".venv/bin/python -m extraction ", "make ", "cd ", "curl ")

    assert len(commands()) >= 8
    assert [line for line in commands() if not line.startswith(tried)] == []


@pytest.mark.parametrize("line", [line for line in commands() if "-m extraction" in line])
def test_a_command_of_extraction_does_what_it_says(line: str, tmp_path: Path) -> None:
    words = shlex.split(line)[1:]
    if "--to" in words:
        words[words.index("--to") + 1] = str(tmp_path / "service")

    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
    if "--to" in words:
        assert (tmp_path / "service" / "Makefile").is_file()


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("make ")])
def test_a_target_exists_here_or_in_the_carved_project(line: str) -> None:
    _, target, *variables = line.split()
    makefiles = (ROOT / "Makefile", ROOT / "extraction" / "carving" / "templates" / "Makefile")

    for makefile in makefiles:
        assert f"\n{target}:" in makefile.read_text()
    for variable in variables:
        name, _, topology = variable.partition("=")
        assert name == "TOPOLOGY"
        assert separated(topology) == ("transactions",)
