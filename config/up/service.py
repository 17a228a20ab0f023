"""One context as a service of its own beside the bank: `python -m config.up.service CONTEXT`.

The same code with VORTEX_HOSTS=CONTEXT, on a PostgreSQL server of its own in <home>/services, with
its own web server, relay, consumers, worker and clock. It starts as a stand-by: it owns no data
until a move gives them to it, so its programs wait and its database refuses their writes.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import psycopg

from config.contexts import Context, context, hosted
from config.up.options import Options
from config.up.preparation import ROOT
from config.up.programs import programs
from vortex.embedded import endpoints, ports
from vortex.embedded.failures import CannotOpen
from vortex.embedded.files import write_private
from vortex.embedded.postgres import Postgres
from vortex.embedded.process import Process
from vortex.embedded.provision import provision
from vortex.embedded.supervisor import Program, Supervisor

WANTED, RETIRED = "wanted", "retired"
_LOOK_SECONDS = 0.25
# Of the bank, and the same for each of its services.
_SHARED = (
    "VORTEX_BROKER_URL",
    "VORTEX_CACHE_URL",
    "VORTEX_SECRET_KEY",
    "VORTEX_RPC_KEYS",
    "VORTEX_METRICS_TOKEN",
    "VORTEX_DEMO",
)


def home_of(bank: Path, name: str) -> Path:
    """Return the directory in which a context's service keeps its data."""
    return bank / "services" / name


def wanted(bank: Path) -> list[str]:
    """Return the contexts whose service the bank is to keep running."""
    return sorted(path.parent.name for path in (bank / "services").glob(f"*/{WANTED}"))


def want(bank: Path, name: str) -> None:
    """Ask the bank, now and whenever it opens, to keep a context's service running."""
    write_private(home_of(bank, name) / WANTED, "")


def unwant(bank: Path, name: str) -> None:
    """Let a context's service end; its data stay."""
    (home_of(bank, name) / WANTED).unlink(missing_ok=True)


def retired_mark(bank: Path, name: str) -> Path:
    """Return the file whose presence says that the bank hosts a context no more."""
    return bank / RETIRED / name


def host_what_is_left(bank: Path) -> None:
    """Leave the contexts out that were retired from this bank, in this process and its children."""
    left = [known.name for known in hosted() if not retired_mark(bank, known.name).exists()]
    if len(left) < len(hosted()):
        os.environ["VORTEX_HOSTS"] = ",".join(left)


def part_of(bank: Path, name: str) -> Program:
    """Return the supervisor of a service as a program that the bank supervises."""
    return Program(
        Process(f"service-{name}", bank),
        (sys.executable, "-m", "config.up.service", name),
        {**os.environ, "VORTEX_HOME": str(bank)},
        ROOT,
        patience_seconds=60,
    )


class Closing(BaseException):
    """Somebody asked the service to close."""


class Service:
    """The servers and programs of one context's service."""

    def __init__(self, bank: Path, served: Context) -> None:
        self._bank = bank
        self._context = served
        self._home = home_of(bank, served.name)
        self._supervisor = Supervisor()

    def open(self) -> None:
        """Start the database, bring it up to date as a stand-by, then start the programs."""
        postgres = Postgres(self._home, owned=(self._context,))
        self._supervisor.open(postgres)
        provision(postgres.admin_url(), (self._context,), postgres.password)
        options = Options(self._home, "127.0.0.1", self._port(), demo=False, measure=False)
        environment = self._environment(postgres, options)
        os.environ.update(environment)
        self._migrate(environment)
        self._stand_by(postgres)
        endpoints.publish(self._home, environment)
        self._supervisor.open(*programs(options))

    def keep(self) -> None:
        """Watch over the programs until the bank that they belong to is gone."""
        pause = threading.Event()
        while True:
            for sentence in self._supervisor.tick():
                sys.stdout.write(f"{sentence}\n")
                sys.stdout.flush()
            pause.wait(_LOOK_SECONDS)

    def close(self) -> None:
        """Stop the programs first and PostgreSQL last."""
        self._supervisor.close(_tell)
        endpoints.withdraw(self._home)

    def _port(self) -> int:
        """Return the port of the roadmap, or the one that was free when that was taken."""
        kept = self._home / "run" / "port"
        known = [int(kept.read_text())] if kept.exists() else []
        for port in (*known, self._context.port, *ports.candidates(self._home / "web")):
            if ports.is_free(port):
                write_private(kept, str(port))
                return port
        raise CannotOpen("no port is free")

    def _environment(self, postgres: Postgres, options: Options) -> dict[str, str]:
        shared = endpoints.read(self._bank)
        if shared is None:
            raise CannotOpen(f"The bank in {self._bank} is closed; open it with: make up")
        proxies = int(os.environ.get("VORTEX_TRUSTED_PROXIES", "0")) + 1
        return {
            **{name: shared[name] for name in _SHARED if name in shared},
            "VORTEX_HOSTS": self._context.name,
            "VORTEX_HOME": str(self._home),
            "VORTEX_TOPOLOGY_FILE": str(self._home / "run" / "topology.json"),
            self._context.database_variable: postgres.url(
                self._context.database, self._context.role
            ),
            "VORTEX_SELF_URL": options.address.replace("localhost", "127.0.0.1"),
            "VORTEX_PUBLIC_URL": os.environ.get("VORTEX_PUBLIC_URL", shared["VORTEX_SELF_URL"]),
            "VORTEX_TRUSTED_PROXIES": str(proxies),
            "PORT": str(options.port),
        }

    def _migrate(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "config.up.migrate"]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
        if done.returncode:
            raise CannotOpen("The migrations of the service failed; what it said stands above.")

    def _stand_by(self, postgres: Postgres) -> None:
        """Say in the database that its data are another's, unless a move has said more."""
        with psycopg.connect(postgres.admin_url(self._context.database)) as connection:
            connection.execute(
                "insert into topology_owner (context, owner, epoch, changed_at)"
                " values (%s, 'elsewhere', 0, now()) on conflict do nothing",
                (self._context.name,),
            )


def main(name: str) -> int:
    """Open the service and keep it open until a signal; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _close)
    service = Service(endpoints.home(), context(name))
    try:
        service.open()
        service.keep()
    except Closing:
        return 0
    except CannotOpen as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        service.close()
    return 0


def _tell(name: str) -> None:
    sys.stdout.write(f"stopping {name}\n")


def _close(_number: int, _frame: FrameType | None) -> None:
    raise Closing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
