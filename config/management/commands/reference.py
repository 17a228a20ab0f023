"""`manage.py reference`: write docs/reference from the code, or say what of it is stale."""

import subprocess
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.reference.books import pages
from config.reference.compatibility import breaks
from config.reference.scratch import scratch_databases


class Command(BaseCommand):
    """Generate the reference; a contract that breaks its callers is not written."""

    help = "Write docs/reference. Refuses a contract that takes something away from its callers."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
        parser.add_argument(
            "--against", metavar="REF", help="compare contracts with a git revision"
        )
        parser.add_argument("--accept-breaking", action="store_true", help="write it all the same")

    def handle(
        self, *_: Any, check: bool, against: str | None, accept_breaking: bool, **__: Any
    ) -> None:
        """Generate everything, compare, and write what differs."""
        folder = Path(settings.ROOT) / "docs" / "reference"
        with scratch_databases() as connect:
            fresh = pages(connect)
        old = _published(against) if against else _on_disk(folder)
        broken = [sentence for name in old for sentence in _broken(name, old[name], fresh)]
        if broken and not accept_breaking:
            raise CommandError("\n".join(("These contracts break their callers:", *broken)))
        stale = sorted(name for name, text in fresh.items() if _text(folder / name) != text)
        if check and stale:
            raise CommandError(f"stale: {', '.join(stale)}; run make docs")
        for name in stale:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(fresh[name], encoding="utf-8")
            self.stdout.write(f"wrote docs/reference/{name}")
        if not stale:
            self.stdout.write("docs/reference says what the code says")


def _broken(name: str, old: str, fresh: dict[str, str]) -> list[str]:
    if name not in fresh:
        return [f"{name}: the context is gone"]
    found = breaks(msgspec.json.decode(old), msgspec.json.decode(fresh[name]))
    return [f"{name}: {sentence}" for sentence in found]


def _on_disk(folder: Path) -> dict[str, str]:
    return {f"contracts/{file.name}": _text(file) for file in folder.glob("contracts/*.json")}


def _published(reference: str) -> dict[str, str]:
    """Return the snapshots of a git revision."""
    place = "docs/reference/contracts/"
    listing = _git("ls-tree", "--name-only", reference, place).splitlines()
    return {
        f"contracts/{path.removeprefix(place)}": _git("show", f"{reference}:{path}")
        for path in listing
    }


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=settings.ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(done.stderr.strip())
    return done.stdout


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
