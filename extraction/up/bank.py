"""A bank whose contexts are apart: a monolith, services with servers of their own, a gateway."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from config.contexts import CONTEXTS, context
from config.up import preflight
from config.up.bank import Bank
from config.up.options import Options
from config.up.preparation import (
    cluster_of,
    collect_static_files,
    fingerprint,
    once,
    open_demonstration,
)
from config.up.screen import Screen
from config.up.service import retired_mark
from extraction import fronting
from extraction.gateway import Files, bootstrap
from extraction.up.deployments import MONOLITH, Deployment
from vortex.embedded import endpoints, ports
from vortex.embedded.envoy import Envoy
from vortex.embedded.failures import CannotOpen
from vortex.embedded.provision import provision
from vortex.embedded.secrets import Secrets
from vortex.embedded.valkey import BROKER, CACHE, Valkey

USUAL_PORT = 8000


class SeparateBank(Bank):
    """One bank of several deployments in one home, behind one address, in one terminal.

    PostgreSQL is every deployment's own. Valkey is shared: it carries the events between them, the
    live streams of people and what has been revoked.
    """

    def __init__(self, options: Options, screen: Screen, names: tuple[str, ...]) -> None:
        super().__init__(options, screen)
        self._names = names
        self._deployments: list[Deployment] = []
        self._moved: dict[str, str] = {}
        self._fronted = False

    def open(self) -> None:
        """Start everything and return once each deployment says that it is ready."""
        if self._options.dev:
            raise CannotOpen("DEV=1 works with the monolith only; leave TOPOLOGY= away.")
        preflight.check_port(self._options)
        preflight.check_disk(self._options.home)
        self._builder.start()
        valkey = Valkey(self._options.home)
        self._supervisor.open(valkey)
        self._deployments = self._deploy()
        self._supervisor.open(*(each.postgres for each in self._deployments))
        self._moved = self._deployments[0].moved(self._names)
        for each in self._deployments:
            each.write_topology(self._deployments, self._moved)
        shared = self._shared(valkey)
        self._prepare(shared)
        if sentence := self._builder.finish():
            self._screen.tell(sentence)
        self._start(shared)
        # The address answers when all of the bank does: nobody meets half of it.
        self._wait_until_ready()
        self._supervisor.open(self._gateway())
        self._fronted = True
        self._wait_until_ready()

    def close(self) -> None:
        """Stop the gateway first and the servers last."""
        super().close()
        for each in self._deployments:
            endpoints.withdraw(each.home)

    def _deploy(self) -> list[Deployment]:
        """Return the deployments: what is left together first, then the services."""
        home = self._options.home
        rest = tuple(
            known
            for known in CONTEXTS
            if known.name not in self._names and not retired_mark(home, known.name).exists()
        )
        if not rest:
            raise CannotOpen("One context at least stays in the monolith; leave one name away.")
        found = [Deployment(MONOLITH, rest, home, next(ports.candidates(home / "web")))]
        taken = {found[0].port}
        for name in self._names:
            port = self._port(name, taken)
            taken.add(port)
            found.append(Deployment(name, (context(name),), home, port))
        return found

    def _port(self, name: str, taken: set[int]) -> int:
        """Return the roadmap's port of a service; a bank at another address leaves those alone."""
        usual = context(name).port
        if self._options.port == USUAL_PORT and ports.is_free(usual):
            return usual
        return next(p for p in ports.candidates(self._options.home / name) if p not in taken)

    def _shared(self, valkey: Valkey) -> dict[str, str]:
        """Return what all deployments have in common; each adds its own databases."""
        secrets = Secrets(self._options.home)
        proxies = int(os.environ.get("VORTEX_TRUSTED_PROXIES", "0")) + 1
        given = {n: v for n, v in os.environ.items() if n.startswith("VORTEX_")}
        given.pop("VORTEX_HOME", None)
        public = given.get("VORTEX_PUBLIC_URL") or f"http://localhost:{self._options.port}"
        return given | {
            "VORTEX_PUBLIC_URL": public,
            "VORTEX_BROKER_URL": valkey.url(BROKER),
            "VORTEX_CACHE_URL": valkey.url(CACHE),
            "VORTEX_SECRET_KEY": secrets.get("django"),
            "VORTEX_RPC_KEYS": f"local:{secrets.get('rpc')}",
            "VORTEX_METRICS_TOKEN": secrets.get("metrics"),
            "VORTEX_DEMO": "1" if self._options.demo else "0",
            "VORTEX_TRUSTED_PROXIES": str(proxies),
            **(self._sandbox.environment() if self._sandbox is not None else {}),
        }

    def _prepare(self, shared: Mapping[str, str]) -> None:
        """Make and migrate each deployment's databases, then fill them all at once.

        The demonstration is played by one process that hosts every context, each in the database
        where it lives from now on. So it is the same bank, and nothing has to be copied.
        """
        for each in self._deployments:
            postgres = each.postgres
            provision(postgres.admin_url(), each.hosts, postgres.password)
            environment = each.environment(shared) | {"VORTEX_HOME": str(each.home)}
            endpoints.publish(each.home, environment)
            with _surrounded_by(environment):
                command = [sys.executable, "-m", "config.up.migrate"]
                stamp = each.home / "run" / "migrated"
                now = fingerprint(f"{each.name} {cluster_of(postgres)}")
                if once(stamp, now, command, f"The migrations of {each.name} failed"):
                    self._screen.tell(f"migrated the databases of {each.name}")
        whole = dict(shared) | {"VORTEX_HOSTS": "", "VORTEX_HOME": str(self._options.home)}
        for each in self._deployments:
            whole |= each.databases()
        whole["VORTEX_TOPOLOGY_FILE"] = os.devnull + "/none"
        with _surrounded_by(whole):
            if self._options.demo:
                open_demonstration(self._deployments[0].postgres, self._screen.tell)
            collect_static_files(self._options.home)
        for service in self._deployments[1:]:
            static = service.home / "static"
            if not static.is_symlink():
                static.symlink_to(self._options.home / "static")

    def _start(self, shared: Mapping[str, str]) -> None:
        self._screen.tell("starting the web servers, the workers and the event relays")
        webs = []
        for each in self._deployments:
            *behind, web = each.programs(each.environment(shared))
            self._supervisor.open(*behind)
            webs.append(web)
            self._screen.tell(f"  {each.name} at {each.url}")
        if self._sandbox is not None:
            self._supervisor.open(self._sandbox.program(dict(os.environ)))
        self._supervisor.open(*webs)

    def _gateway(self) -> Envoy:
        monolith, *services = self._deployments
        home, host, port = self._options.home, self._options.host, self._options.port
        files = Files(fronting.directory(home))
        away = {each.name: each.url for each in services} | self._moved
        files.write(fronting.plan(monolith.url, away))

        def configured(admin: int) -> dict[str, Any]:
            fronting.publish(home, fronting.Front(port, admin))
            return bootstrap(files, host, port, admin)

        return Envoy(home, configured)

    def _readiness(self) -> str:
        """Return the first answer that is not yes, of all deployments and then of the gateway."""
        answers = [self._ask(ports.LOCALHOST, each.port) for each in self._deployments]
        if self._fronted:
            answers.append(super()._readiness())
        return next((answer for answer in answers if not answer.startswith("200")), answers[-1])


@contextmanager
def _surrounded_by(environment: Mapping[str, str]) -> Iterator[None]:
    """Give the steps that run meanwhile an environment of their own."""
    former = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)
