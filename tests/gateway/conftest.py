"""A real Envoy in front of two stand-ins."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from extraction.gateway import Files, Plan, apply, bootstrap
from extraction.gateway.control import ask
from tests.bank import free_port
from tests.gateway.instances import Instance
from vortex.embedded.envoy import Envoy


@dataclass
class Gateway:
    """A running gateway with its files, and a client of it."""

    envoy: Envoy
    files: Files
    port: int
    plan: Plan
    client: httpx.Client

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def put(self, plan: Plan) -> str:
        """Put a plan in force."""
        self.plan = plan
        return apply(self.files, plan, admin_port=self.envoy.admin_port, port=self.port)

    def stat(self, name: str) -> int:
        """Return one of Envoy's own counts."""
        content = ask(self.envoy.admin_port, f"/stats?format=json&filter=^{name}$")
        return int(msgspec.json.decode(content)["stats"][0]["value"])


Opens = Callable[[Plan], Gateway]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """Open gateways with a plan; they are closed at the end."""
    with ExitStack() as stack:
        yield lambda plan: stack.enter_context(_open(tmp_path, plan))


@contextmanager
def _open(home: Path, plan: Plan) -> Iterator[Gateway]:
    files, port = Files(home / "gateway"), free_port()
    files.write(plan)
    envoy = Envoy(home, lambda admin: bootstrap(files, "127.0.0.1", port, admin))
    envoy.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield Gateway(envoy, files, port, plan, client)
    finally:
        envoy.stop()


@pytest.fixture
def monolith() -> Iterator[Instance]:
    """The one that answers for everything without a route."""
    with Instance("monolith") as running:
        yield running


@pytest.fixture
def service() -> Iterator[Instance]:
    """The one that is being moved to."""
    with Instance("service") as running:
        yield running
