"""A deployment: some contexts, their PostgreSQL server, their programs, where the others are."""

import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from config.contexts import Context
from config.up.preparation import ROOT
from config.up.programs import COMMANDS
from vortex.embedded import ports
from vortex.embedded.files import write_private
from vortex.embedded.postgres import Postgres
from vortex.embedded.process import Process
from vortex.embedded.supervisor import Program
from vortex.topology.routes import Topology

MONOLITH = "monolith"


@dataclass
class Deployment:
    """One deployable. `home` holds its data; its programs are shown under its name."""

    name: str
    hosts: tuple[Context, ...]
    bank: Path
    port: int
    postgres: Postgres = field(init=False)

    def __post_init__(self) -> None:
        label = "postgres" if self.is_monolith else f"{self.name}-postgres"
        self.postgres = Postgres(self.home, owned=self.hosts, name=label)

    @property
    def is_monolith(self) -> bool:
        """Whether this is what is left together."""
        return self.name == MONOLITH

    @property
    def home(self) -> Path:
        """The directory of its data; a service's stands inside the bank's."""
        return self.bank if self.is_monolith else self.bank / "services" / self.name

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{ports.LOCALHOST}:{self.port}"

    def databases(self) -> dict[str, str]:
        """Return the variables that name the databases of its contexts."""
        return {
            known.database_variable: self.postgres.url(known.database, known.role)
            for known in self.hosts
        }

    def environment(self, shared: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of its programs and of commands that talk to it."""
        return {
            **shared,
            **self.databases(),
            "VORTEX_HOSTS": ",".join(known.name for known in self.hosts),
            "VORTEX_TOPOLOGY_FILE": str(self.topology),
            "VORTEX_SELF_URL": self.url,
            "VORTEX_DASHBOARD": "1" if self.is_monolith else "0",
        }

    @property
    def topology(self) -> Path:
        """The file that says where the contexts answer that live elsewhere."""
        return self.home / "run" / "topology.json"

    def moved(self, apart: Collection[str]) -> dict[str, str]:
        """Return the addresses of contexts that have moved out; those opened apart never did."""
        if not self.topology.exists():
            return {}
        known = msgspec.json.decode(self.topology.read_bytes(), type=Topology).contexts
        away = {name: route.url for name, route in known.items() if route.mode == "remote"}
        return {name: url for name, url in away.items() if name not in apart}

    def write_topology(self, others: "list[Deployment]", moved: Mapping[str, str]) -> None:
        """Write where the contexts answer that live elsewhere."""
        apart = {
            known.name: other.url for other in others if other is not self for known in other.hosts
        }
        routes = {name: {"mode": "remote", "url": url} for name, url in {**apart, **moved}.items()}
        content = msgspec.json.encode({"contexts": routes}, order="sorted")
        write_private(self.topology, content.decode())

    def programs(self, environment: Mapping[str, str]) -> list[Program]:
        """Return its programs, the web server last. The worker of a service keeps the clock too."""
        kept = COMMANDS if self.is_monolith else {n: COMMANDS[n] for n in COMMANDS if n != "beat"}
        inherited = {n: v for n, v in os.environ.items() if not n.startswith("VORTEX_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        surroundings = inherited | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "VORTEX_HOME": str(self.home),
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "true",
            **environment,
        }
        return [
            Program(
                Process(kind if self.is_monolith else f"{self.name}-{kind}", self.bank),
                (sys.executable, *command, *self._places(kind)),
                surroundings,
                ROOT,
            )
            for kind, command in kept.items()
        ]

    def _places(self, kind: str) -> tuple[str, ...]:
        schedule = f"--schedule={self.home / 'run' / 'beat'}"
        if kind == "web":
            return (f"--host={ports.LOCALHOST}", f"--port={self.port}")
        if kind == "beat":
            return (schedule,)
        if kind == "worker":
            clock = () if self.is_monolith else ("--beat", schedule)
            return (f"--queues={self._queues()}", f"--hostname={self.name}@%h", *clock)
        return ()

    def _queues(self) -> str:
        """Return its contexts' queues and the one of its own housekeeping, as the settings do."""
        names = [known.name for known in self.hosts]
        return ",".join((f"kernel.{'.'.join(names)}", *names))
