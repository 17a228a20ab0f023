"""A looser import-linter configuration is refused, and so is one that forgets somebody."""

import shutil
from pathlib import Path

import pytest

from tests.architecture.checks.configuration import the_lint_configuration_forgets_nothing
from tests.architecture.source import ROOT, Tree

LOOSER = {
    "another exception": (
        '"apps.** -> apps.*.contracts"]',
        '"apps.** -> apps.*.contracts", "apps.ai -> apps.auth.models"]',
        "ignores 'apps.ai -> apps.auth.models'",
    ),
    "an exception elsewhere": (
        'source_modules = ["extraction"]',
        'source_modules = ["extraction"]\nignore_imports = ["extraction.survey -> apps.auth"]',
        "contract extraction ignores",
    ),
    "imports for typing": (
        "exclude_type_checking_imports = false",
        "exclude_type_checking_imports = true",
        "still a dependency",
    ),
    "a root left out": (
        'root_packages = ["vortex", "apps", "config", "extraction"]',
        'root_packages = ["vortex", "apps", "config"]',
        "root_packages lacks ['extraction']",
    ),
    "contexts by name": (
        'containers = ["apps.*"]',
        'containers = ["apps.accounts", "apps.auth"]',
        "contract anatomy does not hold for every context",
    ),
    "a layer that is not exhaustive": (
        'containers = ["vortex"]\nexhaustive = true',
        'containers = ["vortex"]\nexhaustive = false',
        "contract kernel is not exhaustive",
    ),
    "a kernel module on no floor": ('    "money",\n', "", "vortex.money stands on no floor"),
    "a kernel module in reach of contracts": (
        '"vortex.binding", "vortex.broker", "vortex.db",',
        '"vortex.binding", "vortex.db",',
        "contract contracts does not say that vortex.broker is out of bounds",
    ),
}


def _tree(where: Path, text: str) -> Tree:
    for package in ("vortex", "apps", "config", "extraction"):
        shutil.copytree(
            ROOT / package,
            where / package,
            ignore=shutil.ignore_patterns("__pycache__", "*.sql", "web", "dist"),
        )
    (where / "pyproject.toml").write_text(text)
    return Tree(where)


@pytest.mark.parametrize("case", LOOSER)
def test_a_looser_configuration_is_refused(case: str, tmp_path: Path) -> None:
    old, new, says = LOOSER[case]
    text = (ROOT / "pyproject.toml").read_text()
    assert old in text

    findings = the_lint_configuration_forgets_nothing(_tree(tmp_path, text.replace(old, new)))

    assert any(says in finding for finding in findings), findings


def test_a_new_part_of_the_kernel_is_noticed(tmp_path: Path) -> None:
    tree = _tree(tmp_path, (ROOT / "pyproject.toml").read_text())
    (tmp_path / "vortex" / "quantum.py").write_text('"""New."""\n')

    findings = the_lint_configuration_forgets_nothing(tree)

    assert "pyproject.toml:1: vortex.quantum stands on no floor" in findings


def test_a_new_root_package_is_noticed(tmp_path: Path) -> None:
    tree = _tree(tmp_path, (ROOT / "pyproject.toml").read_text())
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").write_text('"""New."""\n')

    findings = the_lint_configuration_forgets_nothing(tree)

    assert "pyproject.toml:1: root_packages lacks ['plugins']" in findings
