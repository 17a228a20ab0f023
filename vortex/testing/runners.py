"""The three ways in which a contract's tests run: in place, over the wire, in another process.

Ask for the fixture `runner` and call through `bind()`. The test runs three times, and what it
claims has to hold each time:

- `local`: the call stays in the process, by value.
- `loopback`: every call goes through the RPC view. Commands are delivered twice, in both encodings,
  and the two answers have to be the same.
- `process`: another process serves the context from the same databases, so the test has to commit:
  `django_db(transaction=True)`. What the test stubs does not exist there; a test that cannot do
  without says `@pytest.mark.runners("local", "loopback")`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import pytest
from django.conf import settings
from django.test import override_settings

from vortex.testing import processes
from vortex.testing.topology import routed
from vortex.topology import Route

Runner = Literal["local", "loopback", "process"]

_TRANSPORTS: Final = {
    "loopback": "vortex.testing.loopback.LoopbackTransport",
    "process": "vortex.rpc.client.RemoteTransport",
}


@pytest.fixture(params=["local", "loopback", "process"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Run a test of apps/<context>/tests three times; yields how it runs."""
    how: Runner = request.param
    allowed = request.node.get_closest_marker("runners")
    if allowed is not None and how not in allowed.args:
        pytest.skip(f"runs {' and '.join(allowed.args)} only")
    database = request.node.get_closest_marker("django_db")
    if how == "process" and database is not None and not database.kwargs.get("transaction"):
        pytest.fail("another process sees only what is committed: django_db(transaction=True)")
    with running(_context_of(request.path), how):
        yield how


@contextmanager
def running(context: str, how: Runner) -> Iterator[None]:
    """Send all calls to a context one of the three ways while the block runs."""
    if how == "local":
        yield
        return
    url = "http://localhost" if how == "loopback" else processes.url()
    with (
        override_settings(VORTEX_TRANSPORTS={"remote": _TRANSPORTS[how]}),
        routed({context: Route("remote", url)}),
    ):
        yield


def _context_of(file: Path) -> str:
    package, name, *_ = file.relative_to(settings.ROOT).parts
    if package != "apps":
        raise LookupError(f"{file} belongs to no context; use running(context, how)")
    return name
