"""Which files a service takes along, unchanged: the kernel, itself, the others' contracts."""

from collections.abc import Iterator
from pathlib import Path

from config.contexts import CONTEXTS, Context

_FILES = ("manage.py", "pyproject.toml", "conftest.py", "LICENSE", ".gitignore", "apps/__init__.py")
_REQUIREMENTS = ("uv", "base", "local", "dev", "prod")
# Of the composition root: the demonstration and the reference are about all contexts at once.
_ONLY_WHOLE = ("config/demo", "config/reference", "config/management")
_JUNK = {"__pycache__", "node_modules", "dist", ".pytest_cache"}


def copied(root: Path, carved: Context) -> dict[str, Path]:
    """Return every file that is copied, by its path in the new project."""
    found = {path: root / path for path in _FILES}
    for name in _REQUIREMENTS:
        found |= {
            f"requirements/{name}.{kind}": root / "requirements" / f"{name}.{kind}"
            for kind in ("in", "txt")
        }
    for place in ("vortex", "config", f"apps/{carved.name}"):
        found |= _below(root, place)
    for other in CONTEXTS:
        if other.name != carved.name:
            found |= _contract(root, other)
    return {path: source for path, source in sorted(found.items()) if not _left(path)}


def _contract(root: Path, other: Context) -> dict[str, Path]:
    """Return what of another context is public: its name and its contract."""
    place = f"apps/{other.name}"
    package = f"{place}/contracts"
    contract = (
        _below(root, package)
        if (root / package).is_dir()
        else {f"{package}.py": root / f"{package}.py"}
    )
    return {f"{place}/__init__.py": root / place / "__init__.py", **contract}


def _below(root: Path, place: str) -> dict[str, Path]:
    return {file.relative_to(root).as_posix(): file for file in _files(root / place)}


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.is_dir() and path.name not in _JUNK:
            yield from _files(path)
        elif path.is_file() and path.suffix != ".pyc":
            yield path


def _left(path: str) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in _ONLY_WHOLE)
