"""The whole of a carved project: what is copied and what is written, and where it is put."""

import re
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from config.contexts import Context, context
from config.up.preparation import ROOT
from extraction.carving import kubernetes, observing, traffic
from extraction.carving.texts import filled
from extraction.carving.tree import copied


class CannotCarve(Exception):  # noqa: N818 - it is a message to a person
    """Nothing was written; the text says why."""


@dataclass(frozen=True)
class Project:
    """A service's project: files that are copied, by their source, and files that are written."""

    context: Context
    copied: dict[str, Path] = field(repr=False)
    written: dict[str, bytes] = field(repr=False)

    @property
    def files(self) -> list[str]:
        """The path of every file, in order."""
        return sorted({*self.copied, *self.written})

    def content(self, path: str) -> bytes:
        """Return what a file says."""
        written = self.written.get(path)
        return self.copied[path].read_bytes() if written is None else written


def project(name: str, root: Path = ROOT) -> Project:
    """Return the project of a context; refuse an unknown one with the list of names."""
    try:
        carved = context(name)
    except LookupError as error:
        raise CannotCarve(f"There is {error}.") from error
    return Project(carved, copied(root, carved), _written(root, carved))


def _written(root: Path, carved: Context) -> dict[str, bytes]:
    command = ", ".join(f'"{word}"' for word in kubernetes.command(carved, "web"))
    found = {
        "README.md": filled("README.md", carved),
        "Makefile": filled("Makefile", carved),
        "Dockerfile": filled("Dockerfile", carved, COMMAND=command),
        ".dockerignore": filled("dockerignore", carved),
        ".github/workflows/ci.yml": filled("ci.yml", carved),
        "docker-compose.yml": _compose(root, carved),
    }
    for folder, files in (
        ("deploy/kubernetes", kubernetes.manifests(carved)),
        ("deploy", traffic.phases(carved)),
        ("deploy", observing.watching(carved)),
    ):
        found |= {f"{folder}/{path}": content for path, content in files.items()}
    return found


def _compose(root: Path, carved: Context) -> bytes:
    """Return the bank's own Compose file with the service's name, queues and port."""
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    port = f"${{PORT:-{carved.port}}}:{carved.port}"
    text = text.replace("vortexcore", carved.service).replace("${PORT:-8000}:8000", port)
    queues = f"--queues=kernel.{carved.name},{carved.name}"
    return re.sub(r"--queues=\S+", queues, text).encode()


def carve(made: Project, target: Path) -> None:
    """Write a project into a directory that is empty or does not exist yet.

    It is written beside its place and renamed into it, so there is all of it or nothing.
    """
    target = target.expanduser().resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotCarve(f"{target} is not empty; name another directory. Nothing was written.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise CannotCarve(f"{target} cannot be written: {error.strerror}.") from error
    try:
        _write(made, draft)
        draft.chmod(0o755)
        draft.replace(target)
    except OSError as error:
        raise CannotCarve(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(made: Project, directory: Path) -> None:
    for path in made.files:
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made.content(path))
        source = made.copied.get(path)
        runs = source is not None and bool(source.stat().st_mode & stat.S_IXUSR)
        file.chmod(0o755 if runs else 0o644)
