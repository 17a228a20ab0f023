"""Where the running bank's servers are: a private file that settings and commands read.

This module needs the standard library only, because every process reads it before Django starts.
"""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from vortex.embedded.files import write_private

ROOT = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Return the directory that holds the data: VORTEX_HOME, else .vortex in the project."""
    return Path(os.environ.get("VORTEX_HOME") or ROOT / ".vortex").expanduser().resolve()


def load(directory: Path | None = None) -> dict[str, str]:
    """Return the environment of the running bank, or say on stderr that it is closed.

    A closed bank still gives a throw-away secret key, so that a command that needs no server
    (`help`, `makemigrations`) works. Nothing is said where the environment names the servers.
    """
    directory = directory or home()
    found = read(directory)
    if found is not None:
        return found
    if not os.environ.get("VORTEX_CACHE_URL"):
        sys.stderr.write(f"The bank in {directory} is closed; open it with: make up\n")
    return {"VORTEX_SECRET_KEY": secrets.token_urlsafe(48)}


def read(directory: Path) -> dict[str, str] | None:
    """Return the environment that a living bank published, or None where it is closed."""
    try:
        content = json.loads(path_of(directory).read_text())
        owner, environment = int(content["pid"]), content["env"]
    except (FileNotFoundError, PermissionError, ValueError, KeyError):
        return None
    return {str(name): str(value) for name, value in environment.items()} if _lives(owner) else None


def publish(directory: Path, environment: Mapping[str, str]) -> None:
    """Write the environment for other processes of the same user; it carries passwords."""
    content = {"pid": os.getpid(), "env": dict(environment)}
    write_private(path_of(directory), json.dumps(content, indent=2))


def withdraw(directory: Path) -> None:
    """Remove the file, as the last thing a bank does when it closes."""
    path_of(directory).unlink(missing_ok=True)


def path_of(directory: Path) -> Path:
    """Return the file that holds the environment."""
    return directory / "run" / "endpoints.json"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
