"""Databases, migrations and the demonstration: done once, and finished later where they were cut.

A stamp is written after the work it stands for, and names what it depended on. So a start that died
half way is completed by the next, and a start with nothing to do costs milliseconds.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg

from config.contexts import hosted
from vortex.clock import today
from vortex.embedded.failures import CannotOpen
from vortex.embedded.files import write_private
from vortex.embedded.postgres import Postgres
from vortex.embedded.provision import provision

ROOT = Path(__file__).resolve().parents[2]
_STRUCTURE = (
    "apps/*/migrations/*.py",
    "vortex/*/migrations/*.py",
    "config/contexts.py",
    "config/settings/*.py",
    "config/up/migrate.py",
    "requirements/base.txt",
)
_STATIC = (
    "apps/*/static/**/*",
    "vortex/*/static/**/*",
    "apps/dashboard/dist/**/*",
    "config/settings/*.py",
    "requirements/base.txt",
)


def prepare(postgres: Postgres, tell: Callable[[str], None]) -> None:
    """Create the databases and roles that are missing, and migrate what is behind."""
    created = provision(postgres.admin_url(), hosted(), postgres.password)
    if created:
        tell(f"{len(created)} databases created, each with a role of its own")
    command = [sys.executable, "-m", "config.up.migrate"]
    stamp = postgres.home / "run" / "migrated"
    now = f"{fingerprint(cluster_of(postgres))} {os.environ.get('VORTEX_HOSTS', '')}".strip()
    if once(stamp, now, command, "The migrations failed"):
        with psycopg.connect(postgres.admin_url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")  # or the first crash would do all of it again
        tell("migrated the databases")


def open_demonstration(postgres: Postgres, tell: Callable[[str], None]) -> None:
    """Fill the demonstration bank; complete one that was cut half way, add the days since."""
    command = [sys.executable, "manage.py", "demo", "--skip-checks"]
    stamp = postgres.home / "run" / "demonstrated"
    now = f"{cluster_of(postgres)} {today()}"
    if once(stamp, now, command, "The demonstration bank could not be filled"):
        tell("filled the demonstration bank")


def collect_static_files(home: Path) -> None:
    """Put the files that browsers ask for where the web server serves them from.

    Those of an older dashboard stay: a page that is open since then may still ask for one.
    """
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    ignored = ("manifest.json", "manifest.json.*")
    command += [f"--ignore={name}" for name in ignored]
    digest = hashlib.sha256()
    for path in _files(_STATIC):
        known = path.stat()
        digest.update(f"{path}\0{known.st_size}\0{known.st_mtime_ns}".encode())
    once(home / "run" / "collected", digest.hexdigest(), command, "The static files are not there")


def once(stamp: Path, now: str, command: list[str], failure: str) -> bool:
    """Run a step unless the stamp says that it was completed for `now`; return whether it ran."""
    if stamp.exists() and stamp.read_text() == now:
        return False
    run(command, failure)
    write_private(stamp, now)
    return True


def run(command: list[str], failure: str) -> None:
    """Run a step in the terminal that we are in; refuse to go on where it fails."""
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) as step:
        try:
            code = step.wait()
        except BaseException:
            step.terminate()
            raise
    if code:
        raise CannotOpen(f"{failure}; what it said stands above. Nothing is lost: run it again.")


def cluster_of(postgres: Postgres) -> str:
    """Return the number PostgreSQL gave this data directory: another one, another bank."""
    with psycopg.connect(postgres.admin_url()) as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    return str(row[0]) if row else ""


def fingerprint(cluster: str) -> str:
    """Return what the databases of a cluster depend on, as one word."""
    digest = hashlib.sha256(cluster.encode())
    for path in _files(_STRUCTURE):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files(patterns: Iterable[str]) -> list[Path]:
    return sorted(path for name in patterns for path in ROOT.glob(name) if path.is_file())
