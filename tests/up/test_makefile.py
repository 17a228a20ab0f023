"""The Makefile lists itself, and says what is missing in a sentence."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {"up", "test", "lint", "check", "bench", "docs", "clean", "help", "requirements"}


def make(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make and return what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone in which nothing was made yet."""
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "requirements").mkdir()
    for name in ("uv", "local", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").touch()
    return tmp_path


def a_python(directory: Path, body: str) -> str:
    """Write a program that stands for an interpreter of some machine."""
    program = directory / "python"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return f"PYTHON={program}"


def test_every_promised_command_is_listed() -> None:
    listed = {line.split()[1] for line in make("help").stdout.splitlines()}

    assert listed >= PROMISED


def test_an_old_python_is_refused_with_its_version(bare: Path) -> None:
    old = a_python(bare, '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')

    done = make("up", old, cwd=bare)

    assert done.returncode != 0
    assert "needs Python 3.11 or later" in done.stdout
    assert "Python 3.9.2" in done.stdout


def test_a_missing_pip_is_named(bare: Path) -> None:
    without = a_python(bare, '[ "$2" = pip ] && exit 1; exit 0')

    done = make("up", without, cwd=bare)

    assert done.returncode != 0
    assert "needs pip" in done.stdout


def test_requirements_name_no_index_and_carry_hashes() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text()
        assert "://" not in text, file
        assert "--index" not in text, file
        pinned = text.count("==") - text.count("python_full_version ==")
        assert pinned > 0
        assert text.count("--hash=sha256:") >= pinned, file
