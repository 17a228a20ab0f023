"""import-linter over a tree, with the configuration of the real project, and what it looks past."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import Tree


def imports_keep_to_the_walls(tree: Tree) -> list[str]:
    """Return the import contracts that a tree breaks, each with what the linter says about it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree.root,
        env={**os.environ, "PYTHONPATH": "", "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    broken = re.findall(r"^(.+?) BROKEN", done.stdout, re.MULTILINE)
    _, _, explained = done.stdout.partition("Broken contracts")
    return [f"{name}:0: {explained}" for name in broken] or [done.stdout + done.stderr]


def every_directory_is_a_package(tree: Tree) -> list[str]:
    """Refuse Python files in a directory without `__init__.py`: the linter does not look there."""
    sources = tree.under("vortex/", "apps/", "config/", "extraction/")
    folders = {source.path.rpartition("/")[0] for source in sources}
    known = {source.path for source in sources}
    return sorted(
        f"{folder}/__init__.py:1: is not there, so no wall stands around {folder}"
        for folder in folders
        if f"{folder}/__init__.py" not in known
    )
