"""Every check refuses the trees that were broken for it, and accepts each of them once repaired."""

import shutil
from pathlib import Path

import pytest

from tests.architecture.checks import CHECKS
from tests.architecture.source import ROOT, Tree

SAMPLES = Path(__file__).parent / "samples"
# The configuration is one file: test_configuration.py breaks it line by line instead.
SAMPLED = sorted(set(CHECKS) - {"configuration"})
CASES = sorted(case.parent.relative_to(SAMPLES).as_posix() for case in SAMPLES.glob("*/*/says.txt"))


def bank(where: Path, *layers: str) -> Tree:
    """Lay a sample over the small house that all samples share."""
    for layer in ("house", *layers):
        if (SAMPLES / layer).is_dir():
            shutil.copytree(SAMPLES / layer, where, dirs_exist_ok=True)
    for module in (ROOT / "vortex").iterdir():  # every floor of the kernel, empty
        if not (where / "vortex" / module.name).exists() and module.name[0] not in "._":
            _empty(where / "vortex" / module.name)
    _packages(where)
    shutil.copy(ROOT / "pyproject.toml", where)
    return Tree(where)


def _empty(module: Path) -> None:
    file = module if module.suffix else module / "__init__.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text('"""A floor of the kernel."""\n')


def _packages(where: Path) -> None:
    for module in where.glob("*/**/*.py"):
        marker = module.parent / "__init__.py"
        if "loose" not in module.parts and module.parent.parent != where and not marker.exists():
            marker.write_text('"""A package of the sample bank."""\n')


@pytest.mark.parametrize("case", CASES)
def test_the_check_refuses_its_broken_sample(case: str, tmp_path: Path) -> None:
    tree = bank(tmp_path, f"{case}/broken")

    findings = CHECKS[case.split("/", maxsplit=1)[0]](tree)

    says = (SAMPLES / case / "says.txt").read_text().strip()
    assert any(says in finding for finding in findings), findings


@pytest.mark.parametrize("case", CASES)
def test_the_check_accepts_the_repaired_sample(case: str, tmp_path: Path) -> None:
    tree = bank(tmp_path, f"{case}/repaired")

    assert CHECKS[case.split("/", maxsplit=1)[0]](tree) == []


@pytest.mark.parametrize("name", SAMPLED)
def test_the_check_accepts_the_house_that_the_samples_share(name: str, tmp_path: Path) -> None:
    assert CHECKS[name](bank(tmp_path)) == []


@pytest.mark.parametrize("name", SAMPLED)
def test_every_check_has_a_sample_that_it_refuses(name: str) -> None:
    assert any(case.startswith(f"{name}/") for case in CASES)
