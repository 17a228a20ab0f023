"""A context lives alone on disk: its tests pass with the kernel and the others' contracts only.

This is the proof of isolation: what a context needs of another and does not ask through a contract
is not there. Extraction copies exactly these files.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from config.contexts import CONTEXTS
from tests.architecture.source import ROOT, Tree

BUILT = Tree(ROOT).built
SAMPLE = Path(__file__).parent / "samples" / "alone"
# Databases of test workers are numbered from 0; the nested runs take numbers far above them.
FIRST_SLOT = 20


def carve(name: str, where: Path) -> None:
    """Copy what a service of its own would have: itself, the kernel, the others' contracts."""
    junk = shutil.ignore_patterns("__pycache__")
    for package in ("vortex", "config"):
        shutil.copytree(ROOT / package, where / package, ignore=junk)
    for file in ("manage.py", "pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / file, where)
    (where / "apps").mkdir()
    shutil.copy(ROOT / "apps" / "__init__.py", where / "apps")
    for context in CONTEXTS:
        source, target = ROOT / "apps" / context.name, where / "apps" / context.name
        if context.name == name:
            shutil.copytree(source, target, ignore=junk)
            continue
        target.mkdir()
        shutil.copy(source / "__init__.py", target)
        if (source / "contracts").is_dir():
            shutil.copytree(source / "contracts", target / "contracts", ignore=junk)
        else:
            shutil.copy(source / "contracts.py", target)


def run(name: str, where: Path, *which: str) -> subprocess.CompletedProcess[str]:
    """Run the context's own tests there: this run's servers, databases of its own."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
    slot = FIRST_SLOT + [context.name for context in CONTEXTS].index(name)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *which],
        cwd=where,
        env={
            **environment,
            "VORTEX_HOSTS": name,
            "VORTEX_TEST_SLOT": str(slot),
            "VORTEX_DATA_DIR": str(where / "none"),  # real data prove nothing about isolation
            "VORTEX_MACHINE_EXAMPLES": "2",  # nor do thousands of steps
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BUILT)
def test_a_context_passes_its_own_tests_alone(name: str, tmp_path: Path) -> None:
    carve(name, tmp_path)

    done = run(name, tmp_path, f"apps/{name}")

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(120)
def test_a_context_that_reaches_into_another_fails_alone(tmp_path: Path) -> None:
    """The sample spells the module in pieces, so that no linter sees the import."""
    carve("accounts", tmp_path)
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)

    done = run("accounts", tmp_path, "apps/accounts/tests/test_reaching.py")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "No module named 'apps.transactions.selectors'" in done.stdout


def test_the_same_reach_goes_unnoticed_where_everything_is_on_disk() -> None:
    """The control of the control: the sample names what is there, in words no search finds."""
    reach = (SAMPLE / "apps/accounts/tests/test_reaching.py").read_text()

    assert "apps.transactions" not in reach
    assert find_spec("apps.transactions.selectors") is not None
