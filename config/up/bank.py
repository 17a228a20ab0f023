"""Opening the bank, keeping it open and closing it, in that order and each part once."""

import http.client
import os
import threading
import time

from config.contexts import hosted
from config.up import preflight
from config.up.building import Builder
from config.up.options import Options
from config.up.preparation import collect_static_files, open_demonstration, prepare
from config.up.programs import programs
from config.up.sandbox import SandboxBank
from config.up.screen import Screen, megabytes, readable
from config.up.service import host_what_is_left, part_of, wanted
from vortex.embedded import endpoints
from vortex.embedded.failures import CannotOpen
from vortex.embedded.postgres import Postgres
from vortex.embedded.secrets import Secrets
from vortex.embedded.supervisor import Supervisor
from vortex.embedded.valkey import BROKER, CACHE, Valkey

READY_SECONDS = 120
HOPELESS_FAILURES = 5
SHOW_SECONDS, WEIGH_SECONDS = 1, 5
REST_SECONDS = 15
SCARCE_BYTES = 200_000_000


class Bank:
    """One bank in one home. `open` may raise CannotOpen; `close` is right after any failure."""

    def __init__(self, options: Options, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._supervisor = Supervisor()
        named = "VORTEX_LINKED_BANKS" in os.environ
        self._sandbox = SandboxBank(options) if options.demo and not named else None
        self._builder = Builder(options.home)
        self._begun = time.monotonic()
        self._weighed = self._shown = 0.0
        self._warning = ""

    def open(self) -> None:
        """Start everything and return once the bank answers that it is ready."""
        preflight.check_port(self._options)
        preflight.check_disk(self._options.home)
        self._builder.start()
        host_what_is_left(self._options.home)
        postgres = Postgres(self._options.home, owned=hosted())
        valkey = Valkey(self._options.home)
        self._supervisor.open(postgres, valkey)
        self._screen.tell(f"PostgreSQL on port {postgres.port}, Valkey on port {valkey.port}")
        endpoints.publish(self._options.home, self._environment(postgres, valkey))
        os.environ["VORTEX_HOME"] = str(self._options.home)
        prepare(postgres, self._screen.tell)
        if self._options.demo:
            open_demonstration(postgres, self._screen.tell)
        if sentence := self._builder.finish():
            self._screen.tell(sentence)
        collect_static_files(self._options.home)
        self._screen.tell("starting the web server, the workers and the event relay")
        *behind, web = programs(self._options)
        if self._sandbox is not None:
            behind.append(self._sandbox.program(dict(os.environ)))
        self._supervisor.open(*behind)
        self._supervisor.open(web)
        self._wait_until_ready()
        self._open_services()

    def keep(self, seconds: float | None = None) -> None:
        """Watch over the processes, for ever or for some seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        pause = threading.Event()
        while end is None or time.monotonic() < end:
            self._look()
            pause.wait(0.25)

    def close(self) -> None:
        """Stop the web server first and PostgreSQL last."""
        if self._supervisor.watches:
            self._screen.tell("closing")
        self._builder.stop()
        self._supervisor.close(lambda name: self._screen.tell(f"  stopping {name}"))
        endpoints.withdraw(self._options.home)

    def report(self) -> str:
        """Return how long it took to open and how much memory each process needs at rest."""
        self._supervisor.weigh()
        lines = [f"ready after {self._ready_after:.1f} s"]
        lines += [f"{w.name:<10} {megabytes(w.memory_bytes)}" for w in self._supervisor.watches]
        total = sum(watch.memory_bytes for watch in self._supervisor.watches)
        return "\n".join([*lines, f"{'total':<10} {megabytes(total)}"])

    def _environment(self, postgres: Postgres, valkey: Valkey) -> dict[str, str]:
        secrets = Secrets(self._options.home)
        # Pages of the source server are the bank's own, also to a passkey.
        origins = f"http://localhost:{self._options.port},{self._options.source_address}"
        return {
            **({"VORTEX_ORIGINS": origins} if self._options.dev else {}),
            **{c.database_variable: postgres.url(c.database, c.role) for c in hosted()},
            "VORTEX_BROKER_URL": valkey.url(BROKER),
            "VORTEX_CACHE_URL": valkey.url(CACHE),
            "VORTEX_SECRET_KEY": secrets.get("django"),
            "VORTEX_RPC_KEYS": f"local:{secrets.get('rpc')}",
            "VORTEX_METRICS_TOKEN": secrets.get("metrics"),
            "VORTEX_DEMO": "1" if self._options.demo else "0",
            "VORTEX_SELF_URL": f"http://127.0.0.1:{self._options.port}",
            **(self._sandbox.environment() if self._sandbox is not None else {}),
        }

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS
        pause = threading.Event()
        while not (answer := self._readiness()).startswith("200"):
            self._look()
            self._give_up_on_the_hopeless()
            if time.monotonic() > end:
                raise CannotOpen(
                    f"The bank is not ready after {READY_SECONDS} s; /health/ready says: {answer}\n"
                    f"The logs are in {self._options.home / 'log'}."
                )
            pause.wait(0.2)
        self._ready_after = time.monotonic() - self._begun

    def _readiness(self) -> str:
        return self._ask(self._options.host, self._options.port)

    def _ask(self, host: str, port: int) -> str:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            return f"{answer.status} {answer.read(2000).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()

    def _give_up_on_the_hopeless(self) -> None:
        for watch in self._supervisor.watches:
            if watch.failures >= HOPELESS_FAILURES:
                said = "\n".join(readable(line) for line in watch.part.process.last_lines(12))
                log = watch.part.process.log
                raise CannotOpen(f"{watch.name} does not start:\n{said}\nIts log is {log}.")

    def _open_services(self) -> None:
        """Keep the services running that contexts have moved to, and those that are being made."""
        known = {watch.name for watch in self._supervisor.watches}
        for name in wanted(self._options.home):
            part = part_of(self._options.home, name)
            if part.process.name not in known:
                self._screen.tell(f"starting the service of {name}")
                self._supervisor.open(part)

    def _look(self) -> None:
        self._open_services()
        for sentence in self._supervisor.tick():
            self._screen.tell(sentence)
        if time.monotonic() - self._weighed > WEIGH_SECONDS:
            self._weighed = time.monotonic()
            self._supervisor.weigh()
            free = preflight.free_bytes(self._options.home)
            self._warning = (
                f"Only {megabytes(free)} are left on the disk of {self._options.home}."
                if free < SCARCE_BYTES
                else ""
            )
        if time.monotonic() - self._shown > SHOW_SECONDS:
            self._shown = time.monotonic()
            self._screen.show(self._supervisor.watches, self._warning)
